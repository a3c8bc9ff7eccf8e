"""Everything with the credentials of an account keeps one pace with its warehouse, and obeys a 429 that another got."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from cartage.connections import EnvironmentResolver, require
from cartage.errors import RateLimited
from cartage.operations.views.health import WarehouseHealth, health
from cartage.runtime.warehouse_budget import open_account_budget, shared_budget
from tests.connector_packages import SMALL, installed_in
from tests.contract.conftest import MakeWorld
from tests.contract.world import World

RATE, BURST, CALLS = 5.0, 6, 12

# Another process with the lane's settings: it searches for an order so many times.
SEARCH = """
import json, sys
from cartage.lanes.settings.lane import Lane
from cartage.runtime.context import open_lane
from cartage.runtime.run import Run
lane = Lane.model_validate_json(sys.argv[1])
run = Run(id="other/run/1", dag_run="other/run", stage="poll_tracking")
with open_lane(lane, run) as context:
    context.warehouse
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(sys.argv[2])):
        context.warehouse.find("A3_1_0")
"""


class Searcher:
    """A process of its own that searches once it is asked to; a context manager, which ends it."""

    def __init__(self, world: World, calls: int) -> None:
        lane = world.lane.model_dump_json()
        self._process = subprocess.Popen(
            [sys.executable, "-c", SEARCH, lane, str(calls)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self._process.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.__exit__(kind, error, trace)

    def is_ready(self) -> bool:
        assert self._process.stdout
        return self._process.stdout.readline() == "ready\n"

    def begin(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def ended_well(self) -> bool:
        return self._process.wait(120) == 0


def searches(world: World, status: int | None = None) -> list[datetime]:
    """Return when each search arrived at the warehouse."""
    return [
        datetime.fromisoformat(entry["at"])
        for entry in world.shop.warehouse.journal.entries("request")
        if entry["path"].startswith("/orders") and status in (None, entry["status"])
    ]


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.01)


@pytest.fixture
def limited(make_world: MakeWorld) -> World:
    """A lane that has agreed with its warehouse on so many calls."""
    return make_world(limits={"warehouse_burst": BURST, "warehouse_calls_per_second": RATE})


def test_two_processes_share_the_pace_of_an_account(limited: World) -> None:
    with Searcher(limited, CALLS) as one, Searcher(limited, CALLS) as other:
        assert one.is_ready() and other.is_ready()
        one.begin()
        other.begin()
        assert one.ended_well() and other.ended_well()
    times = searches(limited)
    assert len(times) == 2 * CALLS
    # With a pace each, twelve calls take 1.6 s; on one pace, what does not fit into the burst takes 4 s.
    assert max(times) - min(times) >= timedelta(seconds=3)
    [bucket] = limited.rows("SELECT name, pace, slowed_at FROM call_bucket WHERE name LIKE 'extensiv/%'")
    assert (bucket.pace, bucket.slowed_at) == (1, None)


@pytest.mark.parametrize("agreed", [{"warehouse_burst": BURST, "warehouse_calls_per_second": RATE}, {}])
def test_a_429_that_one_process_gets_stops_the_other(make_world: MakeWorld, agreed: dict[str, float]) -> None:
    """With a limit, and where none is known."""
    world = make_world(limits=agreed)
    world.warehouse_fault("GET /orders", "status", status=429, headers={"Retry-After": "4"})
    context = world.context("poll_tracking")
    with Searcher(world, 5) as other, ThreadPoolExecutor(1) as pool:
        assert other.is_ready()
        search = pool.submit(context.warehouse.find, "A3_1_0")  # It is refused, waits, and is repeated.
        wait_until(lambda: world.rows("SELECT FROM call_bucket WHERE blocked_until > now()") != [])
        other.begin()
        assert search.result() == []
        assert other.ended_well()
    context.close()
    [refused] = searches(world, 429)
    accepted = searches(world, 200)
    assert len(accepted) == 6
    assert min(accepted) - refused >= timedelta(seconds=3.5)


def test_a_send_that_finds_no_call_free_in_time_leaves_its_order_ready(limited: World) -> None:
    limited.place()
    limited.go("import_orders", "validate_mappings", "settle_outcomes")
    limited.execute(
        "INSERT INTO call_bucket (name, full_at, blocked_until) "
        "SELECT counted_account, now() + interval '1 hour', now() + interval '1 hour' FROM warehouse_state "
        "ON CONFLICT (name) DO UPDATE SET full_at = excluded.full_at, blocked_until = excluded.blocked_until"
    )
    with pytest.raises(RateLimited, match=r"extensiv.*no call is free"):
        limited.go("transfer_to_warehouse")
    assert limited.states() == {"ready": 1}
    assert limited.shop.warehouse.journal.entries("order.created") == []
    limited.execute("DELETE FROM call_bucket")
    limited.go("transfer_to_warehouse")
    assert limited.states() == {"acknowledged": 1}


def test_operations_that_the_warehouse_counts_by_themselves_have_buckets_of_their_own(
    limited: World, tmp_path: Path
) -> None:
    declared = """
from cartage.pace import CallLimit, CallLimits

CALL_LIMITS = CallLimits(CallLimit(30, 2.0), per_operation=True, rate_header="x-amzn-RateLimit-Limit")
ACCOUNT_FIELDS = ("login",)
"""
    connection = require(EnvironmentResolver(), "extensiv_demo")
    limits = limited.lane.limits.model_copy(
        update={"warehouse_burst": None, "warehouse_calls_per_second": None}
    )
    with installed_in(tmp_path) as packages:
        packages.install("acme", SMALL + declared)
        one, other = (
            shared_budget(limited.ledger, "acme", connection, limits, background=background)
            for background in (False, True)
        )
    one.acquire("create")
    one.note("create", 429, {"Retry-After": "100"})
    one.note("get", 200, {"x-amzn-RateLimit-Limit": "0.5"})
    other.acquire("get", within=0.0)
    with pytest.raises(RateLimited):
        other.acquire("create", within=1.0)
    found = {
        row.name.split("/", 2)[2]: row for row in limited.rows("SELECT name, pace, rate FROM call_bucket")
    }
    assert set(found) == {"create", "get"}
    assert (found["create"].pace, found["create"].rate) == (0.8, None)
    assert (found["get"].pace, found["get"].rate) == (1, 0.5)


def test_a_hook_without_a_ledger_keeps_the_pace_of_its_process(
    limited: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("CARTAGE_LEDGER_URL")
    resolver = EnvironmentResolver()
    connection = require(resolver, "extensiv_demo")
    with open_account_budget(
        "extensiv", connection, limited.lane.limits, resolver, background=False
    ) as budget:
        for _ in range(BURST):
            budget.acquire(within=0.0)
        with pytest.raises(RateLimited):
            budget.acquire(within=0.0)
    assert "in this process only" in caplog.text


def warehouse_health(world: World) -> WarehouseHealth:
    with world.ledger.begin() as connection:
        found = health(connection, world.lane)
    assert found
    return found.warehouses[""]


def test_the_desk_shows_that_a_warehouse_has_slowed_a_lane_down(limited: World) -> None:
    context = limited.context("poll_tracking")
    context.warehouse.find("A3_1_0")
    context.close()
    assert (warehouse_health(limited).pace, warehouse_health(limited).blocked_until) == (1.0, None)
    connection = require(EnvironmentResolver(), "extensiv_demo")
    budget = shared_budget(limited.ledger, "extensiv", connection, limited.lane.limits, background=False)
    budget.note("", 429, {"Retry-After": "100"})
    found = warehouse_health(limited)
    assert found.pace == pytest.approx(0.8, abs=0.02)
    assert found.blocked_until is not None
    # What is regained meanwhile is counted, and a pause that is over is not shown.
    limited.execute(
        "UPDATE call_bucket SET slowed_at = slowed_at - interval '1 minute', blocked_until = now() - interval '1 s'"
    )
    found = warehouse_health(limited)
    assert found.pace == pytest.approx(0.9, abs=0.02)
    assert found.blocked_until is None


def test_a_backfill_leaves_live_runs_their_share_of_the_warehouse(limited: World) -> None:
    for background in (True, False):
        context = limited.context("poll_tracking")
        context.run = replace(context.run, background=background)
        context.warehouse.find("A3_1_0")
        context.close()
    [row] = limited.rows("SELECT live_at, background_at FROM call_bucket WHERE name LIKE 'extensiv/%'")
    assert row.background_at is not None
    assert row.live_at is not None
