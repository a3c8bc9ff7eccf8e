"""A long list continues after its last committed page, whatever ended the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cartage.dispatch import stage
from cartage.errors import AuthFailed
from cartage.intake.coverage.repo import coverage_summary
from cartage.runtime.run import Window
from tests.contract.conftest import MakeWorld
from tests.contract.world import HOLD, World

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NOON_HOUR = Window(NOON, NOON + HOUR)
PATIENCE = 60.0


@pytest.fixture
def small_pages(make_world: MakeWorld) -> World:
    """A store that sends ten orders a page, with 45 of them placed within a minute."""
    world = make_world(
        store_rules={"orders_page_max": 10}, schedules={"sweep_every": "1s", "watch_every": "never"}
    )
    for number in range(45):
        world.place_at(NOON + number * SECOND)
    return world


def known(world: World) -> int:
    count: int = world.rows("SELECT count(*) AS n FROM sales_order")[0].n
    return count


def asked(world: World) -> list[dict[str, list[str]]]:
    """The parameters of the calls for lists of orders, in order."""
    return [parse_qs(urlsplit(call["path"]).query) for call in world.calls(method="GET", path="/Orders")]


def offsets(world: World) -> list[int]:
    """The offsets of the pages that were asked for, in order."""
    return [int(query["offset"][0]) for query in asked(world) if "countonly" not in query]


def run(world: World, *, window: Window | None = None, sweep: bool = True) -> dict[str, int]:
    """Run the import with whatever is due."""
    context = world.context("import_orders", window=window, sweep=sweep)
    try:
        return stage("import_orders")(context)
    finally:
        context.close()


def fail(world: World, page: int, **more: Window | bool | None) -> None:
    world.store_fault("GET .*/Orders", "status", nth=page, status=401)
    with pytest.raises(AuthFailed):
        run(world, **more)  # type: ignore[arg-type]


def test_a_sweep_continues_after_its_last_committed_page(small_pages: World) -> None:
    fail(small_pages, page=4)
    assert known(small_pages) == 28  # a page overlaps the last one by a row
    before = len(offsets(small_pages))
    counts = run(small_pages)
    assert (counts["imported"], counts["unchanged"], counts["swept"]) == (17, 0, 1)
    assert offsets(small_pages)[before:] == [28, 37]
    assert small_pages.rows("SELECT FROM reading") == []


def test_a_window_continues_and_is_covered_only_at_its_end(small_pages: World) -> None:
    fail(small_pages, page=4, window=NOON_HOUR, sweep=False)
    with small_pages.ledger.begin() as connection:
        summary = coverage_summary(connection, "demo", NOON, NOON + HOUR)
    assert (summary.covered, summary.failed) == ((), ((NOON, NOON + HOUR),))
    counts = run(small_pages, window=NOON_HOUR, sweep=False)
    assert (counts["imported"], known(small_pages)) == (17, 45)
    with small_pages.ledger.begin() as connection:
        summary = coverage_summary(connection, "demo", NOON, NOON + HOUR)
    assert (summary.covered, summary.failed) == (((NOON, NOON + HOUR),), ())
    assert small_pages.rows("SELECT FROM reading") == []


def test_a_resumed_list_misses_no_order_when_others_have_left_it(small_pages: World) -> None:
    fail(small_pages, page=4)
    for row in small_pages.rows("SELECT order_id FROM sales_order ORDER BY order_id LIMIT 20"):
        small_pages.shop.store.edit(row.order_id, OrderStatusID=HOLD)
    run(small_pages)
    assert known(small_pages) == 45


def test_a_resumed_sweep_withdraws_nothing_that_its_first_attempt_read(small_pages: World) -> None:
    fail(small_pages, page=4)
    assert run(small_pages)["withdrawn"] == 0
    assert small_pages.states() == {"imported": 45}


def test_a_sweep_that_began_before_the_window_ended_reads_the_window_too(small_pages: World) -> None:
    fail(small_pages, page=4)
    small_pages.execute("UPDATE reading SET begun_at = begun_at - interval '1 hour'")
    low = small_pages.place_at(datetime.now(UTC) - 10 * 60 * SECOND, OrderID=17)
    now = datetime.now(UTC)
    run(small_pages, window=Window(now - HOUR / 2, now))
    assert small_pages.state_of(low) == ["imported"]


def test_an_old_position_is_not_used(small_pages: World) -> None:
    fail(small_pages, page=4)
    small_pages.execute("UPDATE reading SET moved_at = moved_at - interval '7 hours'")
    before = len(offsets(small_pages))
    run(small_pages)
    assert offsets(small_pages)[before:] == [1, 10, 19, 28, 37]


def test_a_long_list_logs_its_progress_and_the_time_left(
    make_world: MakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_world(store_rules={"orders_page_max": 10}, schedules={"watch_every": "never"})
    for number in range(120):
        world.place_at(NOON + number * SECOND)
    with caplog.at_level("INFO", "cartage.intake.long_list"):
        world.go("import_orders")
    assert sum("countonly" in query for query in asked(world)) == 1
    # Filtered by name: what else is logged depends on the levels that earlier tests of this process set.
    logged = [record.getMessage() for record in caplog.records if record.name == "cartage.intake.long_list"]
    last = logged[-1]
    for words in ("lane demo", "sweep of status 1", "of about 120 orders read", "a second", "left"):
        assert words in last


def test_a_process_that_is_killed_between_two_pages_is_continued_by_the_next(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(schedules={"sweep_every": "1s", "watch_every": "never"})
    world.shop.fill(1500, start=NOON, end=NOON + HOUR, mix={"single": 1.0})
    world.store_fault("GET .*/Orders", "delay", nth=4, seconds=5.0)
    with importing(world, tmp_path, monkeypatch) as process:
        wait_until(lambda: known(world) >= 898)
        process.send_signal(signal.SIGKILL)
    assert (process.returncode, known(world)) == (-signal.SIGKILL, 898)
    before = len(offsets(world))
    world.execute("UPDATE lane_state SET sweep_claimed_at = NULL")
    with importing(world, tmp_path, monkeypatch) as process:
        process.wait(PATIENCE)
    assert process.returncode == 0
    assert known(world) == 1500
    # The store still delays the killed process's last request, so it may enter the journal only now.
    later = list(dict.fromkeys(offsets(world)[before:]))
    assert later == [898, 1197, 1496]
    assert world.states() == {"imported": 1500}


@contextmanager
def importing(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `cartage run import_orders` in a separate process."""
    lanes = folder / "lanes.yaml"
    settings = {name: value for name, value in world.settings.items() if name != "name"}
    lanes.write_text(json.dumps({"lanes": {"demo": settings}}, default=str))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
    command = [sys.executable, "-m", "cartage.cli", "run", "import_orders", "--lane", "demo"]
    process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL)
    try:
        yield process
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.02)
