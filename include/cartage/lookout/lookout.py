"""Look at the stores and warehouses of many lanes: one call each, and a result for those that have something new.

A look that fails is left out: the next one, or the next window, finds what there is. Threads may share a lookout.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from cartage.db import open_ledger
from cartage.errors import CartageError, RemoteError
from cartage.lanes import find_lane, lanes_on_store
from cartage.lookout import repo
from cartage.lookout.repo import DueLook, Watched
from cartage.lookout.rules import (
    LookFor,
    announces_orders,
    announces_shipments,
    difference,
    looks_of,
    turn_of,
)
from cartage.runtime.context import StageContext
from cartage.runtime.run import Run
from cartage.storefront import OrderQuery

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.lanes.settings.lane import Lane

log = logging.getLogger(__name__)

# A look must not hold a thread for as long as a run may: a remote that is this slow is left to the next look.
_CONNECT, _READ, _WAIT = timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=2)
# Clients are opened again after this time, in seconds, so that changed credentials are noticed.
_KEPT = 600.0


@dataclass(frozen=True, slots=True)
class News:
    """Something that a look found, and for which a run is to be started."""

    lane: str
    part: LookFor
    what: str


@dataclass(frozen=True, slots=True)
class _Client:
    """The clients of a lane for one kind of look, and the lane that they were opened for."""

    lane: Lane
    context: StageContext
    opened_at: float


class Lookout:
    """Claims and makes the looks of any number of lanes, with one pool of connections to the ledger."""

    def __init__(
        self,
        ledger_url: str,
        resolver: Resolver,
        *,
        threads: int,
        lane_of: Callable[[str], Lane | None] = find_lane,
    ) -> None:
        """Prepare to look, without a call; `lane_of` returns the lane of a name as the lanes file now has it."""
        self._ledger = open_ledger(ledger_url, pool_size=threads)
        self._resolver = resolver
        self._lane_of = lane_of
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, LookFor], _Client] = {}

    def man(self, wanted: Collection[tuple[str, LookFor]]) -> list[Watched]:
        """Return what is to be looked for of what is wanted, as the lanes now say, and note that somebody does.

        Close the clients of lanes that are no longer among them.
        """
        watched = [found for lane, part in sorted(wanted) if (found := self._watched(lane, part)) is not None]
        kept = {(each.lane, each.part) for each in watched}
        with self._lock:
            gone = [self._clients.pop(key) for key in list(self._clients) if key not in kept]
        for client in gone:
            client.context.close()
        if watched:
            with self._ledger.begin() as connection:
                repo.man_lookout(connection, watched)
        return watched

    def due(self, watched: Collection[Watched]) -> list[DueLook]:
        """Claim the looks that are due. No other process makes these."""
        if not watched:
            return []
        with self._ledger.begin() as connection:
            return repo.claim_due(connection, watched)

    def look(self, due: DueLook) -> News | None:
        """Make a look. Return what it found if a run is to be started; None otherwise, and if it failed."""
        key = (due.lane, due.part)
        try:
            client = self._client(due)
            if client is None:
                return None
            if due.part is LookFor.ORDERS:
                return self._look_for_orders(client.context)
            return self._look_for_shipments(client.context)
        except RemoteError as failure:
            log.info("lane %s: nothing is seen of its %s: %s", due.lane, due.part, failure)
            self._note(key, failure)
        except CartageError as failure:
            log.warning("lane %s: nobody can look for its %s: %s", due.lane, due.part, failure)
            self._drop(key)
        except SQLAlchemyError as failure:
            # A database error may hold an address; its type says enough.
            log.warning("lane %s: the ledger cannot be used: %s", due.lane, type(failure).__name__)
        return None

    def close(self) -> None:
        """Close all clients and the connections to the ledger."""
        with self._lock:
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            client.context.close()
        self._ledger.close()

    def _look_for_orders(self, context: StageContext) -> News | None:
        """Count the orders in the import status, and compare with the ledger before and after the count.

        What a run imports or marks as Processing meanwhile is then no news.
        """
        lane, status = context.lane, context.statuses.import_status
        with self._ledger.begin() as connection:
            before = repo.known_orders(connection, lane.name, status)
        listed = context.store.count_orders(OrderQuery(zone=lane.store.zone(), status=status))
        with self._ledger.begin() as connection:
            after = repo.known_orders(connection, lane.name, status)
            known = max(before.known, after.known)
            found = difference(listed, known, after.besides)
            announced = announces_orders(found, after.state, listed, lane.limits.calls_per_second)
            repo.record_look(connection, lane.name, LookFor.ORDERS, found, announced=announced)
        return News(lane.name, LookFor.ORDERS, found) if announced else None

    def _look_for_shipments(self, context: StageContext) -> News | None:
        lane, seen = context.lane, {}
        for each in context.every_warehouse():
            try:
                seen[each.warehouse_name] = self._glance(each)
            except RemoteError as failure:
                if len(lane.warehouse_names()) == 1:
                    raise
                log.info(
                    "lane %s: nothing is seen of warehouse %s: %s", lane.name, each.warehouse_name, failure
                )
                each.note_failure(failure)
        found = "; ".join(f"{name}: {what}" if name else what for name, what in seen.items() if what)
        with self._ledger.begin() as connection:
            known = repo.known_shipments(connection, lane.name)
            announced = announces_shipments(found, known.state)
            repo.record_look(connection, lane.name, LookFor.SHIPMENTS, found, announced=announced)
        return News(lane.name, LookFor.SHIPMENTS, found) if announced else None

    def _glance(self, context: StageContext) -> str:
        """Return what is seen of one warehouse; empty: nothing new."""
        lane = context.lane
        with self._ledger.begin() as connection:
            known = repo.known_shipments(connection, lane.name, context.warehouse_name)
        warehouse = context.warehouse
        found = warehouse.glance(known.cursor or warehouse.cursor_at(lane.store.live_since()))
        if found is None:
            found = turn_of(known.state.now, known.last_shipped) if known.open_orders else ""
        return found

    def _client(self, due: DueLook) -> _Client | None:
        """Return the clients of a lane, opened again if it changed or its remote was down; None if it has no look."""
        lane, key = self._lane_of(due.lane), (due.lane, due.part)
        with self._lock:
            found = self._clients.get(key)
        if (
            found is not None
            and found.lane == lane
            and not due.was_down
            and time.monotonic() - found.opened_at < _KEPT
        ):
            return found
        self._drop(key)
        if lane is None or due.part not in looks_of(lane):
            return None
        client = _Client(lane, self._open(lane, due.part), time.monotonic())
        with self._lock:
            self._clients[key] = client
        return client

    def _open(self, lane: Lane, part: LookFor) -> StageContext:
        """Return a context whose calls end soon, and leave live runs their share of the calls."""
        limits = lane.limits.model_copy(
            update={"connect_timeout": _CONNECT, "read_timeout": _READ, "task_timeout": 2 * _WAIT}
        )
        name = f"look_for_{part}"
        return StageContext(
            lane.model_copy(update={"limits": limits}),
            self._ledger,
            Run(id=name, dag_run=name, stage=name, background=True),
            resolver=self._resolver,
            lanes_on_store=[each for each in lanes_on_store(lane.store.connection) if each.name != lane.name],
        )

    def _note(self, key: tuple[str, LookFor], failure: RemoteError) -> None:
        """Let other processes know that a remote is down, and open the client again next time."""
        with self._lock:
            client = self._clients.get(key)
        try:
            if client is not None:
                client.context.note_failure(failure)
        except SQLAlchemyError as error:
            log.warning("the ledger cannot be used: %s", type(error).__name__)
        self._drop(key)

    def _drop(self, key: tuple[str, LookFor]) -> None:
        with self._lock:
            client = self._clients.pop(key, None)
        if client is not None:
            client.context.close()

    def _watched(self, name: str, part: LookFor) -> Watched | None:
        lane = self._lane_of(name)
        every = looks_of(lane).get(part) if lane is not None else None
        if lane is None or every is None:
            return None
        several = len(lane.warehouse_names()) > 1
        remote = "" if several else f"warehouse {lane.warehouse.connector}/{lane.warehouse.connection}"
        return Watched(name, part, every, remote)
