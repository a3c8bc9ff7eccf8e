"""The trigger that starts a lane's runs as soon as there is something to do.

All lanes share one loop in the triggerer (a shared stream of Airflow 3.3), which asks the stores and warehouses.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Self

from airflow.sdk import Asset, AssetWatcher
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from cartage.errors import CartageError
from cartage.lookout.rules import LookFor, looks_of
from cartage_airflow.assets import lane_asset

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lookout.lookout import Lookout, News
    from cartage.lookout.repo import DueLook, Watched

log = logging.getLogger(__name__)

# How often the ledger is asked which looks are due, and how often the lanes are read again. Seconds.
_TICK, _MAN_EVERY = 1.0, 15.0
# A look waits for its remote, so more of them than cores run side by side.
_THREADS = 16


class NewWorkTrigger(BaseEventTrigger):
    """Yield an event each time a lane's store has new orders, or its warehouse has shipped.

    An event twice does no harm, and one that is lost is found by the next look or the next window.

    :param lane: Name of the lane in lanes.yaml, whose `schedules` say how often to look.
    :param part: `orders` or `shipments`.
    """

    # What this process looks for: a lane whose DAG is paused has no trigger, and its store is not asked.
    _wanted: ClassVar[Counter[tuple[str, str]]] = Counter()

    def __init__(self, lane: str, part: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lane = lane
        self.part = part

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments, from which the triggerer builds the trigger."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {"lane": self.lane, "part": self.part}

    def shared_stream_key(self) -> tuple[str, ...]:
        """Return the key of the one loop of all lanes."""
        return ("cartage", "lookout")

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[News]:  # noqa: ARG003
        """Yield what is new, of all lanes that have a trigger in this triggerer. Ends only by being cancelled."""
        async with _Loop(cls._wanted) as loop:
            while True:
                yield await loop.news.get()

    async def filter_shared_stream(self, shared_stream: AsyncIterator[News]) -> AsyncIterator[TriggerEvent]:
        """Yield an event for what is new of this lane and part."""
        key = (self.lane, self.part)
        self._wanted[key] += 1
        try:
            async for news in shared_stream:
                if (news.lane, news.part) == key:
                    yield TriggerEvent({"lane": news.lane, "part": str(news.part), "what": news.what})  # type: ignore[no-untyped-call]
        finally:
            self._wanted[key] -= 1

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the same events from a loop of its own, where the triggerer does not share streams."""
        async for event in self.filter_shared_stream(self.open_shared_stream({})):
            yield event


def looked_for(lane: Lane, part: LookFor) -> Asset | None:
    """Return the asset that starts a lane's runs between two windows, with its watcher; None if nobody looks."""
    if part not in looks_of(lane):
        return None
    name = f"new_{part}"
    found = lane_asset(name, lane.name)
    found.watchers = [AssetWatcher(name=name, trigger=NewWorkTrigger(lane.name, part.value))]
    return found


class _Loop:
    """Makes the looks that are due, in threads, and queues what they find. A failure ends no look but its own."""

    def __init__(self, wanted: Mapping[tuple[str, str], int]) -> None:
        self.news: asyncio.Queue[News] = asyncio.Queue()
        self._wanted = wanted
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookout")
        self._lookout: Lookout | None = None
        self._watched: list[Watched] = []
        self._looks: set[asyncio.Task[None]] = set()
        self._beat: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._beat = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._looks, *([self._beat] if self._beat else [])]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        # A look in flight ends by its own timeouts; nobody waits for it.
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._lookout is not None:
            await asyncio.to_thread(self._lookout.close)

    async def _run(self) -> None:
        # The dag-processor imports this module too, and needs no database driver.
        from sqlalchemy.exc import SQLAlchemyError

        clock = asyncio.get_running_loop().time
        manned_at = float("-inf")
        wanted: set[tuple[str, str]] = set()
        while True:
            try:
                now_wanted = {key for key, triggers in self._wanted.items() if triggers > 0}
                if now_wanted != wanted or clock() - manned_at >= _MAN_EVERY:
                    self._watched = await asyncio.to_thread(self._man, now_wanted)
                    wanted, manned_at = now_wanted, clock()
                for due in await asyncio.to_thread(self._due):
                    look = asyncio.create_task(self._look(due))
                    self._looks.add(look)
                    look.add_done_callback(self._looks.discard)
            except (CartageError, SQLAlchemyError) as failure:
                # A database error may hold an address; its type says enough.
                reason = failure if isinstance(failure, CartageError) else type(failure).__name__
                log.warning("nobody can look for new work; trying again in %.0f s: %s", _MAN_EVERY, reason)
                await asyncio.sleep(_MAN_EVERY)
            await asyncio.sleep(_TICK)

    async def _look(self, due: DueLook) -> None:
        lookout = self._lookout
        if lookout is None:
            return
        try:
            running = asyncio.get_running_loop()
            found = await running.run_in_executor(self._threads, lookout.look, due)
        except Exception:
            log.exception("lane %s: a look for %s failed", due.lane, due.part)
            return
        if found is not None:
            log.info("lane %s: new %s (%s): a run is started", found.lane, found.part, found.what)
            await self.news.put(found)

    def _man(self, wanted: set[tuple[str, str]]) -> list[Watched]:
        return self._opened().man({(lane, LookFor(part)) for lane, part in wanted})

    def _due(self) -> list[DueLook]:
        return self._opened().due(self._watched)

    def _opened(self) -> Lookout:
        if self._lookout is None:
            from cartage.connections import ledger_url
            from cartage.lookout.lookout import Lookout
            from cartage_airflow.resolver import AirflowResolver

            resolver = AirflowResolver()
            self._lookout = Lookout(ledger_url(resolver), resolver, threads=_THREADS)
        return self._lookout
