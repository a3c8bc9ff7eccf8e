"""Where no limit is documented, calls cost nothing until a 429; then all processes wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Executable

from cartage.db.account_pause import SharedPause
from cartage.db.waiting import Patience
from cartage.errors import RateLimited
from tests.contract.db.virtual_time import World


@pytest.fixture
def world(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A ledger and callers whose time passes only in their sleeps."""
    made = World(ledger_url)
    clock = SimpleNamespace(sleep=made.sleep, monotonic=lambda: made.now)
    for module in ("waiting", "account_pause"):
        monkeypatch.setattr(f"cartage.db.{module}.time", clock)
    yield made
    made.close()


def pause(world: World, name: str = "wms", **bounds: float) -> SharedPause:
    return SharedPause(world.ledger, name, Patience("the warehouse", **bounds))  # type: ignore[arg-type]


def test_the_ledger_is_asked_once_for_many_calls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    alone = world.ledger.alone

    def note(statement: Executable, parameters: Mapping[str, Any]) -> Any:
        asked.append(statement)
        return alone(statement, parameters)

    calls = pause(world)
    monkeypatch.setattr(world.ledger, "alone", note)
    for _ in range(1000):
        calls.acquire()
    assert len(asked) == 1
    assert world.now == 0


def test_a_429_stops_every_user_of_the_account_and_no_other(world: World) -> None:
    refused, other = pause(world), pause(world, "another")
    refused.penalise(4.0)
    other.acquire()
    assert world.now == 0
    pause(world).acquire()
    assert world.now == pytest.approx(4.0)
    refused.acquire()
    assert world.now == pytest.approx(4.0)


def test_a_user_that_has_asked_already_obeys_a_second_later(world: World) -> None:
    calls = pause(world)
    calls.acquire()
    pause(world).penalise(60.0)
    world.run(1.0)
    calls.acquire()
    assert world.now == pytest.approx(60.0)


def test_the_longer_of_two_waits_counts(world: World) -> None:
    pause(world).penalise(60.0)
    pause(world).penalise(5.0)
    pause(world).acquire()
    assert world.now == pytest.approx(60.0)


def test_without_a_wait_it_is_ten_seconds_plus_jitter(world: World) -> None:
    calls = pause(world)
    calls.penalise(None)
    calls.acquire()
    assert 10 <= world.now <= 15.01


def test_a_caller_that_may_not_wait_so_long_is_refused_at_once(world: World) -> None:
    pause(world).penalise(100.0)
    with pytest.raises(RateLimited, match=r"the warehouse.*no call is free within 70 s"):
        pause(world).acquire(within=70.0)
    with pytest.raises(RateLimited, match="no call is free within 30 s"):
        pause(world, longest_wait=30.0).acquire()
    assert world.now == 0


def test_a_run_that_has_to_stop_does_not_wait(world: World) -> None:
    stop = threading.Event()
    stop.set()
    pause(world).penalise(5.0)
    with pytest.raises(RateLimited, match="asked to stop"):
        SharedPause(world.ledger, "wms", Patience("the warehouse", stop=stop)).acquire()
    assert world.now == 0
