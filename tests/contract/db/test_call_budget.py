"""The shared bucket never overflows the store's, wastes almost none of it, and puts live runs first."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from cartage.db import Ledger
from cartage.db.call_budget import SharedBudget
from cartage.db.waiting import Patience
from cartage.errors import RateLimited
from cartage.pace import CallLimit
from tests.contract.db.virtual_time import LeakyBucket, World

BURST, PER_SECOND = 50, 2.0
# The store and the ledger differ by microseconds.
ROUNDING = 1e-3


@pytest.fixture
def world(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(ledger_url)
    monkeypatch.setattr("cartage.db.waiting.time", SimpleNamespace(sleep=made.sleep))
    yield made
    made.close()


def budget(world: World, **settings: Any) -> SharedBudget:
    limit = CallLimit(settings.pop("burst", BURST), settings.pop("per_second", PER_SECOND))
    bounds = {name: settings.pop(name) for name in ("longest_wait", "stop") if name in settings}
    return SharedBudget(world.ledger, "store", limit, patience=Patience("store", **bounds), **settings)


def calling(
    world: World,
    shared: SharedBudget,
    calls: list[float],
    *,
    pause: float = 0.0,
    latency: float = 0.0,
    seed: int = 1,
) -> Callable[[], None]:
    """A caller that calls continuously; its calls reach the store up to `latency` seconds later."""
    chance = random.Random(seed)

    def call() -> None:
        while True:
            shared.acquire()
            calls.append(world.now + chance.uniform(0, latency))
            assert len(calls) < 10_000, "nobody ever waits"
            if pause:
                world.sleep(pause)

    return call


def between(calls: list[float], start: float, end: float) -> list[float]:
    return [at for at in calls if start <= at < end]


@pytest.mark.parametrize(
    ("burst", "per_second", "latency", "seconds"),
    [(50, 2.0, 0.95, 200), (10, 5.0, 0.39, 60), (1, 2.0, 0.0, 50)],
)
def test_the_stores_bucket_never_overflows_and_is_almost_fully_used(
    world: World, burst: int, per_second: float, latency: float, seconds: int
) -> None:
    calls: list[float] = []
    for number in range(12):
        shared = budget(world, burst=burst, per_second=per_second)
        world.start(calling(world, shared, calls, latency=latency, seed=number), after=number / 7)
    world.run(seconds)
    assert LeakyBucket(burst, per_second).fullest(calls) <= burst + ROUNDING
    assert len(between(calls, 10, seconds)) >= 0.97 * per_second * (seconds - 10)
    assert len(calls) >= 0.97 * (burst - 2 + per_second * seconds)


def calls_at_once(world: World, shared: SharedBudget) -> int:
    """Return how many calls are allowed before one has to wait."""
    start = world.now
    for calls in range(10 * BURST):
        shared.acquire()
        if world.now > start:
            return calls
    pytest.fail("no call had to wait")


def test_an_empty_bucket_allows_its_burst_again_and_no_more(world: World) -> None:
    assert calls_at_once(world, budget(world)) == BURST - 2
    world.run(1000)
    assert calls_at_once(world, budget(world)) == BURST - 2


def test_a_caller_that_dies_while_it_waits_costs_one_call(world: World) -> None:
    calls: list[float] = []
    for _ in range(BURST - 2):
        budget(world).acquire()
    dying = world.start(budget(world).acquire)
    world.start(calling(world, budget(world), calls))
    world.run(0.1)
    dying.throw()
    world.run(10.0)
    assert calls[0] == pytest.approx(1.0)
    assert len(calls) == 19


def test_stores_do_not_share_a_bucket(world: World) -> None:
    for _ in range(BURST):
        budget(world).acquire()
    before = world.now
    SharedBudget(world.ledger, "another", CallLimit(BURST, PER_SECOND)).acquire()
    assert world.now == before


def test_background_calls_alone_get_the_full_pace(world: World) -> None:
    calls: list[float] = []
    for number in range(3):
        world.start(calling(world, budget(world, background=True), calls, seed=number))
    world.run(80)
    assert LeakyBucket(BURST, PER_SECOND).fullest(calls) <= BURST / 2
    assert len(between(calls, 20, 80)) >= 0.97 * PER_SECOND * 60


def test_background_calls_leave_a_live_run_its_share_of_the_bucket(world: World) -> None:
    background, live = list[float](), list[float]()
    for number in range(4):
        world.start(calling(world, budget(world, background=True), background, seed=number))
    world.run(40)
    for _ in range(BURST // 2 - 2):
        budget(world).acquire()
        live.append(world.now)
    assert live[-1] == 40
    assert LeakyBucket(BURST, PER_SECOND).fullest(background + live) <= BURST


def test_background_calls_take_at_most_their_share_while_there_are_live_ones(world: World) -> None:
    background, live = list[float](), list[float]()
    for number in range(2):
        world.start(
            calling(world, budget(world, background=True, background_share=0.25), background, seed=number)
        )
    world.start(calling(world, budget(world), live, pause=2.0))
    world.run(180)
    assert len(between(live, 60, 180)) >= 59  # a live call every two seconds, and none of them waits
    assert 0.9 * 0.25 <= len(between(background, 60, 180)) / 120 / PER_SECOND <= 0.25 * 1.02


def test_a_backfill_does_not_delay_a_live_run_that_has_used_its_burst(
    world: World,
) -> None:
    """Four windows of a backfill use all that they may; then a live run reads a list of 60 pages."""
    background, live = list[float](), list[float]()
    for number in range(4):
        world.start(calling(world, budget(world, background=True), background, seed=number))
    world.run(120)
    shared = budget(world)
    for _ in range(60):
        shared.acquire()
        live.append(world.now)
    waits = [after - before for before, after in zip([120.0, *live], live, strict=False)]
    assert max(waits) <= 1 / PER_SECOND + ROUNDING
    # Half of the bucket at once, the rest at the full pace; alone it would take 6 s.
    assert live[-1] - 120 <= (60 - BURST / 2 + 2) / PER_SECOND
    assert between(background, 120 + 1, live[-1]) == []


def test_no_caller_waits_longer_than_its_longest_wait(world: World) -> None:
    budget(world).penalise(300.0)
    for background in (False, True):
        patient = budget(world, background=background, longest_wait=60.0)
        before = world.now
        with pytest.raises(RateLimited, match="no call is free within 60 s") as refused:
            patient.acquire()
        assert world.now - before <= 60
        assert refused.value.retry_after is not None
        assert refused.value.retry_after > 30  # longer than the session's own limit for retries


def test_a_caller_that_gives_up_takes_no_slot(world: World) -> None:
    for _ in range(BURST - 2 + 40):
        world.start(budget(world).acquire)
    world.run(0.1)
    for _ in range(20):
        with pytest.raises(RateLimited):
            budget(world, longest_wait=5.0).acquire()
    budget(world).acquire()
    assert world.now == pytest.approx(41 / PER_SECOND, abs=0.2)


@pytest.mark.parametrize("background", [False, True])
def test_a_run_that_has_to_stop_does_not_wait_for_a_call(world: World, background: bool) -> None:
    stop = threading.Event()
    gave_up: list[float] = []

    def wait() -> None:
        with pytest.raises(RateLimited, match="asked to stop"):
            budget(world, background=background, stop=stop).acquire()
        gave_up.append(world.now)

    budget(world).penalise(300.0)
    world.start(wait)
    world.run(20.0)
    stop.set()
    world.run(40.0)
    assert 20 <= gave_up[0] <= 26


def test_background_calls_give_way_while_live_ones_need_the_full_pace(world: World) -> None:
    background, live = list[float](), list[float]()
    for number in range(3):
        world.start(calling(world, budget(world), live, seed=number))
        world.start(calling(world, budget(world, background=True), background, seed=number), after=1)
    world.run(60)
    assert background == []
    assert len(between(live, 10, 60)) == pytest.approx(100, abs=1)


@pytest.mark.parametrize("share", [0.01, 1.0])
def test_background_calls_get_through_with_any_share_and_bucket(world: World, share: float) -> None:
    calls: list[float] = []
    shared = budget(world, burst=3, background=True, background_share=share)
    world.start(calling(world, shared, calls))
    world.run(20)
    assert len(calls) >= 0.9 * PER_SECOND * 20


def test_after_a_429_nobody_calls_before_the_store_allows_it(world: World) -> None:
    calls: list[float] = []
    for number in range(6):
        world.start(calling(world, budget(world), calls, seed=number))
        world.start(calling(world, budget(world, background=True), calls, seed=number))
    world.run(40.1)
    budget(world).penalise(30.0)
    world.run(80)
    assert between(calls, 40.1, 70.1) == []
    assert between(calls, 70.1, 72) != []


def test_a_429_without_retry_after_means_ten_seconds_plus_jitter(world: World) -> None:
    starts = []
    for _ in range(3):
        world.run(world.now + 1000)
        before = world.now
        budget(world).penalise(None)
        budget(world).acquire()
        starts.append(world.now - before)
    assert all(10 <= wait < 16 for wait in starts)
    assert len(set(starts)) == 3


def pace_after(world: World, *penalties: float) -> Callable[[float], float]:
    """Call continuously after penalties at these times; return the pace from a second on, as a share."""
    for at in penalties:
        world.run(at)
        budget(world).penalise(1.0)
    calls: list[float] = []
    for number in range(6):
        world.start(calling(world, budget(world), calls, seed=number))
    start = world.now + 2

    def pace(after: float) -> float:
        world.run(start + after + 20)
        return len(between(calls, start + after, start + after + 20)) / 20 / PER_SECOND

    return pace


def test_a_429_slows_all_callers_and_the_pace_is_regained(world: World) -> None:
    pace = pace_after(world, 0.0)
    assert pace(0) == pytest.approx(0.8, abs=0.05)
    assert pace(50) == pytest.approx(0.9, abs=0.05)
    assert pace(120) == pytest.approx(1.0, abs=0.03)


def test_429s_of_simultaneous_calls_count_once(world: World) -> None:
    assert pace_after(world, 0.0, 0.5, 1.0, 3.0)(0) == pytest.approx(0.8, abs=0.05)


def test_the_pace_never_falls_below_a_quarter(world: World) -> None:
    penalties = [11.0 * number for number in range(20)]
    assert pace_after(world, *penalties)(0) == pytest.approx(0.25, abs=0.05)


def test_the_longer_of_two_waits_counts(world: World) -> None:
    budget(world).penalise(60.0)
    budget(world).penalise(5.0)
    budget(world).acquire()
    assert world.now >= 60


def test_a_429_is_logged_with_the_store_and_the_wait(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "cartage.db.call_budget"):
        budget(world).penalise(7.0)
    assert "store" in caplog.text and "7.0 s" in caplog.text


def test_a_caller_that_must_leave_soon_takes_no_slot_that_is_later(world: World) -> None:
    for _ in range(BURST - 2 + 20):
        world.start(budget(world).acquire)
    world.run(0.1)
    before = full_at(world.ledger)
    with pytest.raises(RateLimited, match="no call is free within 5 s"):
        budget(world).acquire(within=5.0)
    assert full_at(world.ledger) == before
    budget(world).acquire(within=30.0)
    assert 10 <= world.now <= 11


@pytest.mark.parametrize("rate", [0.5, 4.0])
def test_the_rate_that_the_remote_names_holds_for_all_processes(world: World, rate: float) -> None:
    budget(world).acquire()
    budget(world).follow(rate)
    calls: list[float] = []
    for number in range(8):
        world.start(calling(world, budget(world), calls, seed=number))
    world.run(100)
    assert LeakyBucket(BURST, rate).fullest(calls) <= BURST + ROUNDING
    assert len(between(calls, 20, 100)) == pytest.approx(rate * 80, rel=0.05)


def test_a_rate_that_is_named_before_the_first_call_is_kept(world: World) -> None:
    budget(world).follow(0.25)
    assert calls_at_once(world, budget(world)) == BURST - 2
    assert world.now == pytest.approx(4.0)


def test_a_bucket_that_the_remote_has_filled_gives_no_burst(world: World) -> None:
    budget(world).acquire()
    budget(world).fill()
    assert calls_at_once(world, budget(world)) == 0
    assert world.now == pytest.approx(1 / PER_SECOND)


ACQUIRE = """
import sys
from cartage.db import open_ledger
from cartage.db.call_budget import SharedBudget
from cartage.pace import CallLimit
ledger = open_ledger(sys.argv[1])
budget = SharedBudget(ledger, "store", CallLimit(10_000, 0.001))
for _ in range(50):
    budget.acquire()
"""


def test_every_call_of_several_processes_and_threads_is_counted(ledger: Ledger, ledger_url: str) -> None:
    """With real processes, and a bucket so deep and slow that each call must add exactly its share of time."""
    shared = SharedBudget(ledger, "store", CallLimit(10_000, 0.001))
    shared.acquire()
    first = full_at(ledger)
    processes = [subprocess.Popen([sys.executable, "-c", ACQUIRE, ledger_url]) for _ in range(2)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: shared.acquire(), range(100)))
    assert [process.wait(60) for process in processes] == [0, 0]
    assert full_at(ledger) - first == 200 * timedelta(seconds=1000)


def full_at(ledger: Ledger) -> Any:
    with ledger.begin() as connection:
        return connection.scalar(text("SELECT full_at FROM call_bucket"))
