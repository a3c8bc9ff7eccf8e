"""The backfills that fill the gaps: which DAG, which two dates, how many windows."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.intake.coverage import windows
from cartage.intake.coverage.plan import MOST_UNASKED, Backfill, count_runs, plan_backfills
from cartage.intake.coverage.repo import Range, join_ranges
from cartage.lanes.settings.lane import Lane
from tests.unit.intake.coverage.conftest import MakeLane

NOW = datetime(2026, 11, 23, 14, 12, tzinfo=UTC)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def planned(lane: Lane, *gaps: Range) -> list[tuple[str, datetime, datetime, int]]:
    return [
        (backfill.dag_id, backfill.first, backfill.last, backfill.windows)
        for backfill in plan_backfills(lane, gaps, NOW)
    ]


def test_a_gap_of_an_hour_is_filled_by_the_lanes_own_windows(make_lane: MakeLane) -> None:
    found = planned(make_lane(), (at(20, 10), at(20, 11)))
    assert found == [("orders__demo", at(20, 10), at(20, 10, 55), 12)]


def test_a_gap_of_days_is_filled_by_whole_windows_of_history(make_lane: MakeLane) -> None:
    found = planned(make_lane(), (at(18, 9), at(20, 16)))
    assert found == [("orders_history__demo", at(18), at(20), 3)]


def test_history_may_have_hourly_windows(make_lane: MakeLane) -> None:
    found = planned(make_lane(history_windows="hourly"), (at(18, 9, 30), at(18, 17)))
    assert found == [("orders_history__demo", at(18, 9), at(18, 16), 8)]


def test_a_window_that_has_not_ended_is_left_to_the_lanes_own_windows(make_lane: MakeLane) -> None:
    """Airflow leaves out a window that has not ended, such as today's daily window."""
    found = planned(make_lane(), (at(21), at(23, 14)))
    assert found == [
        ("orders_history__demo", at(21), at(22), 2),
        ("orders__demo", at(23), at(23, 13, 55), 168),
    ]


def test_a_lane_with_daily_windows_needs_no_history(make_lane: MakeLane) -> None:
    found = planned(make_lane(orders="0 5 * * *", history_windows="hourly"), (at(10, 5), at(15, 5)))
    assert found == [("orders__demo", at(10, 5), at(14, 5), 5)]


def test_gaps_that_lie_close_together_are_one_backfill(make_lane: MakeLane) -> None:
    found = planned(make_lane(), (at(20, 10), at(20, 11)), (at(20, 12), at(20, 12, 5)), (at(22), at(22, 1)))
    assert found == [
        ("orders__demo", at(20, 10), at(20, 12), 25),
        ("orders__demo", at(22), at(22, 0, 55), 12),
    ]


def test_days_that_touch_are_one_backfill(make_lane: MakeLane) -> None:
    found = planned(make_lane(), (at(10), at(10, 8)), (at(11, 10), at(11, 20)))
    assert found == [("orders_history__demo", at(10), at(11), 2)]


def test_no_gap_needs_no_backfill(make_lane: MakeLane) -> None:
    assert plan_backfills(make_lane(), [], NOW) == ()


def test_the_command_is_airflows_own(make_lane: MakeLane) -> None:
    (found,) = plan_backfills(make_lane(), [(at(18, 9), at(20, 16))], NOW)
    assert shlex.split(found.command()) == [
        *("airflow", "backfill", "create", "--dag-id", "orders_history__demo"),
        *("--from-date", "2026-11-18T00:00:00Z", "--to-date", "2026-11-20T00:00:00Z"),
        *("--reprocess-behavior", "failed", "--max-active-runs", "2"),
    ]
    assert found.lasts > timedelta(0)


CRONS = ("*/5 * * * *", "*/7 * * * *", "0 * * * *", "30 2,14 * * *", "0 9-17 * * 1-5", "0 0 * * *")
TICKS = st.integers(0, 30 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))


@settings(deadline=None)
@given(
    st.sampled_from(CRONS),
    st.sampled_from(["hourly", "daily"]),
    st.lists(st.tuples(TICKS, TICKS), max_size=5),
)
def test_every_gap_is_inside_a_backfill_whose_windows_have_all_ended(
    cron: str, history: str, edges: list[tuple[datetime, datetime]]
) -> None:
    lane = Lane.model_validate(
        {
            "name": "demo",
            "store": {"connection": "s", "time_zone": "America/New_York", "go_live": "2026-10-01"},
            "warehouse": {"connector": "extensiv", "connection": "w"},
            "schedules": {"orders": cron, "history_windows": history},
        }
    )
    due = windows.newest_due_end(lane, NOW)
    gaps = [(min(pair), min(max(pair), due)) for pair in edges if min(pair) < min(max(pair), due)]
    found = plan_backfills(lane, gaps, NOW)
    assert uncovered(gaps, found) == []
    for backfill in found:
        own = lane.schedules.orders if backfill.dag_id == "orders__demo" else windows.history_cron(lane)
        assert backfill.end < NOW
        assert backfill.windows == len(starts(own, backfill))


def uncovered(gaps: list[Range], backfills: tuple[Backfill, ...]) -> list[Range]:
    whole = join_ranges((backfill.first, backfill.end) for backfill in backfills)
    return [gap for gap in gaps if not any(start <= gap[0] and gap[1] <= end for start, end in whole)]


def starts(cron: str, backfill: Backfill) -> list[datetime]:
    """Return the starts of the windows that Airflow runs for the two dates, both included."""
    found = [backfill.first]
    while found[-1] < backfill.last:
        found.append(windows.tick_after(cron, found[-1]))
    assert found[-1] == backfill.last
    assert windows.tick_after(cron, backfill.last) == backfill.end
    assert windows.tick_at_or_before(cron, backfill.first) == backfill.first
    return found


@pytest.mark.parametrize(
    ("minute", "end"),
    [(4, (14, 0)), (9, (14, 0)), (10, (14, 0)), (14, (14, 0)), (15, (14, 5)), (20, (14, 10))],
)
def test_a_window_is_due_ten_minutes_after_its_end(
    make_lane: MakeLane, minute: int, end: tuple[int, int]
) -> None:
    expected = at(23, *end) if minute >= 10 else at(23, 13, 50 + (minute // 5) * 5)
    assert windows.newest_due_end(make_lane(), at(23, 14, minute)) == expected


def test_runs_are_counted_before_they_are_started(make_lane: MakeLane) -> None:
    lane = make_lane(orders="*/5 * * * *", history_windows="daily")
    own, history = f"orders__{lane.name}", f"orders_history__{lane.name}"
    first = datetime(2026, 11, 1, tzinfo=UTC)
    for dag_id, last, runs in (
        (own, first, 1),
        (own, first + timedelta(minutes=55), 12),
        (own, first + timedelta(minutes=59), 12),
        (own, first - timedelta(minutes=5), 0),
        (own, first + timedelta(days=300), MOST_UNASKED + 1),
        (history, first, 1),
        (history, first + timedelta(days=1999), 2000),
    ):
        assert count_runs(lane, dag_id, first, last) == runs, (dag_id, last)


def test_a_backfill_of_very_many_runs_is_large_and_can_be_listed_first() -> None:
    first = datetime(2026, 11, 1, tzinfo=UTC)
    small, large = (
        Backfill("orders__demo", first, first, first, windows) for windows in (MOST_UNASKED, MOST_UNASKED + 1)
    )
    assert (small.is_large, large.is_large) == (False, True)
    assert large.command(dry=True) == f"{large.command()} --dry-run"
