"""One loop in the triggerer looks for all lanes that have a trigger there, and gives each trigger its own events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest
from airflow.sdk._shared.module_loading import import_string
from sqlalchemy.exc import OperationalError

from cartage.errors import LedgerError
from cartage.lookout import lookout
from cartage.lookout.lookout import News
from cartage.lookout.repo import DueLook
from cartage.lookout.rules import LookFor
from cartage_airflow import resolver
from cartage_airflow.triggers import lookout as trigger_module
from cartage_airflow.triggers.lookout import NewWorkTrigger
from tests.event_loop import run_alone


class Lookout:
    """Looks at once at whatever is wanted; `broken` fails in each way that a look can."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.opened.append(self)
        self.is_closed = False

    opened: list[Lookout] = []  # noqa: RUF012 - one list for the test
    manned: list[set[tuple[str, LookFor]]] = []  # noqa: RUF012
    failures: list[Exception] = []  # noqa: RUF012

    def man(self, wanted: Collection[tuple[str, LookFor]]) -> list[tuple[str, LookFor]]:
        self.manned.append(set(wanted))
        if self.failures:
            raise self.failures.pop()
        return sorted(wanted)

    def due(self, watched: Collection[tuple[str, LookFor]]) -> list[DueLook]:
        return [DueLook(lane, part, was_down=False) for lane, part in watched]

    def look(self, due: DueLook) -> News | None:
        if due.lane == "broken":
            raise ZeroDivisionError("a fault of ours")
        return News(due.lane, due.part, "1 more")

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opened", "manned", "failures"):
        monkeypatch.setattr(Lookout, name, [])
    monkeypatch.setattr(lookout, "Lookout", Lookout)
    monkeypatch.setattr(resolver, "AirflowResolver", object)
    monkeypatch.setenv("CARTAGE_LEDGER_URL", "postgresql+psycopg://ledger")
    monkeypatch.setattr(trigger_module, "_TICK", 0.01)
    monkeypatch.setattr(trigger_module, "_MAN_EVERY", 0.02)
    NewWorkTrigger._wanted.clear()


async def broadcast(*triggers: NewWorkTrigger) -> list[Any]:
    """Return the first event of each trigger, from one stream, as the triggerer shares it."""
    queues: list[asyncio.Queue[News]] = [asyncio.Queue() for _ in triggers]

    async def drain(queue: asyncio.Queue[News]) -> AsyncIterator[News]:
        while True:
            yield await queue.get()

    async def poll() -> None:
        async for news in NewWorkTrigger.open_shared_stream({}):
            for queue in queues:
                queue.put_nowait(news)

    async def first(trigger: NewWorkTrigger, queue: asyncio.Queue[News]) -> Any:
        events = trigger.filter_shared_stream(drain(queue))
        try:
            return (await anext(events)).payload
        finally:
            await events.aclose()  # type: ignore[attr-defined]

    polling = asyncio.create_task(poll())
    try:
        return await asyncio.wait_for(asyncio.gather(*map(first, triggers, queues)), 30)
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


def test_the_triggerer_builds_the_trigger_from_what_it_says_of_itself() -> None:
    path, arguments = NewWorkTrigger("demo", "orders").serialize()
    rebuilt = import_string(path)(**arguments)
    assert (rebuilt.lane, rebuilt.part) == ("demo", "orders")


def test_all_lanes_share_one_loop() -> None:
    keys = {NewWorkTrigger(lane, part).shared_stream_key() for lane in ("a", "b") for part in LookFor}
    assert len(keys) == 1


def test_each_trigger_gets_the_events_of_its_lane_and_part() -> None:
    triggers = [
        NewWorkTrigger("a", "orders"),
        NewWorkTrigger("b", "orders"),
        NewWorkTrigger("a", "shipments"),
    ]
    found = run_alone(broadcast(*triggers))
    assert [(event["lane"], event["part"]) for event in found] == [
        ("a", "orders"),
        ("b", "orders"),
        ("a", "shipments"),
    ]
    assert len(Lookout.opened) == 1


def test_a_lane_without_a_trigger_is_not_looked_at() -> None:
    run_alone(broadcast(NewWorkTrigger("a", "orders")))
    assert {("a", LookFor.ORDERS)} in Lookout.manned
    assert not any(("b", LookFor.ORDERS) in wanted for wanted in Lookout.manned)
    assert +NewWorkTrigger._wanted == {}


def test_a_look_that_fails_stops_no_other() -> None:
    broken = NewWorkTrigger("broken", "orders")
    broken._wanted["broken", "orders"] += 1
    [event] = run_alone(broadcast(NewWorkTrigger("a", "orders")))
    assert event["lane"] == "a"


def test_the_loop_outlives_a_ledger_that_is_away() -> None:
    Lookout.failures += [LedgerError("away"), OperationalError("select", {}, Exception("away"))]
    [event] = run_alone(broadcast(NewWorkTrigger("a", "orders")))
    assert event == {"lane": "a", "part": "orders", "what": "1 more"}


def test_everything_is_closed_when_the_last_trigger_leaves() -> None:
    run_alone(broadcast(NewWorkTrigger("a", "orders")))
    assert [opened.is_closed for opened in Lookout.opened] == [True]


def test_a_trigger_alone_looks_by_itself() -> None:
    async def first() -> Any:
        events = NewWorkTrigger("a", "shipments").run()
        try:
            return (await asyncio.wait_for(anext(events), 30)).payload
        finally:
            await events.aclose()  # type: ignore[attr-defined]

    assert run_alone(first())["part"] == "shipments"
