"""Coverage: what was imported and what is missing, independent of the order in which runs finish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from cartage.db import Ledger
from cartage.intake.coverage.repo import (
    CoverageSummary,
    Range,
    coverage_summary,
    extend_coverage,
    join_ranges,
    note_failed_window,
)

T = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hour: float) -> datetime:
    return T + hour * HOUR


def covered_ranges(connection: Connection, lane: str) -> list[Range]:
    return list(coverage_summary(connection, lane, at(-1000), at(1000)).covered)


def gaps(connection: Connection, lane: str, since: datetime, until: datetime) -> list[Range]:
    summary = coverage_summary(connection, lane, since, until)
    return join_ranges([*summary.failed, *summary.missing])


def test_adjacent_ranges_are_joined_and_repeats_change_nothing(connection: Connection) -> None:
    for start, end in [(1, 2), (4, 5), (2, 3), (1, 2), (1.5, 2.5)]:
        extend_coverage(connection, "east", at(start), at(end))
    assert covered_ranges(connection, "east") == [(at(1), at(3)), (at(4), at(5))]


def test_gaps_are_the_uncovered_parts_of_the_given_range(connection: Connection) -> None:
    extend_coverage(connection, "east", at(1), at(2))
    extend_coverage(connection, "east", at(3), at(4))
    assert gaps(connection, "east", at(0), at(5)) == [
        (at(0), at(1)),
        (at(2), at(3)),
        (at(4), at(5)),
    ]
    assert gaps(connection, "east", at(1), at(2)) == []


def test_a_window_ends_before_its_end(connection: Connection) -> None:
    extend_coverage(connection, "east", at(1), at(2))
    assert gaps(connection, "east", at(2), at(3)) == [(at(2), at(3))]


def test_a_failed_range_is_kept_until_another_run_covers_it(connection: Connection) -> None:
    extend_coverage(connection, "east", at(1), at(2))
    note_failed_window(connection, "east", at(3), at(5))
    assert coverage_summary(connection, "east", at(0), at(6)) == CoverageSummary(
        covered=((at(1), at(2)),),
        failed=((at(3), at(5)),),
        missing=((at(0), at(1)), (at(2), at(3)), (at(5), at(6))),
    )
    extend_coverage(connection, "east", at(3), at(4))
    found = coverage_summary(connection, "east", at(3), at(5))
    assert (found.covered, found.failed) == (((at(3), at(4)),), ((at(4), at(5)),))


def test_a_failed_run_leaves_covered_what_another_run_covered(connection: Connection) -> None:
    extend_coverage(connection, "east", at(1), at(2))
    note_failed_window(connection, "east", at(0), at(3))
    found = coverage_summary(connection, "east", at(0), at(3))
    assert found.covered == ((at(1), at(2)),)
    assert found.failed == ((at(0), at(1)), (at(2), at(3)))


def test_a_window_that_failed_is_a_gap_like_one_that_never_ran(connection: Connection) -> None:
    note_failed_window(connection, "east", at(1), at(2))
    assert gaps(connection, "east", at(0), at(3)) == [(at(0), at(3))]


def test_for_a_lane_that_never_ran_everything_is_missing_whatever_other_lanes_covered(
    connection: Connection,
) -> None:
    extend_coverage(connection, "west", at(0), at(3))
    note_failed_window(connection, "west", at(3), at(4))
    found = coverage_summary(connection, "east", at(0), at(4))
    assert found == CoverageSummary(covered=(), failed=(), missing=((at(0), at(4)),))


def test_a_summary_is_cut_to_the_given_range(connection: Connection) -> None:
    extend_coverage(connection, "east", at(0), at(2))
    note_failed_window(connection, "east", at(2), at(4))
    found = coverage_summary(connection, "east", at(1), at(3))
    assert found == CoverageSummary(covered=((at(1), at(2)),), failed=((at(2), at(3)),), missing=())


def test_each_lane_has_its_own_coverage(connection: Connection) -> None:
    extend_coverage(connection, "east", at(1), at(2))
    assert covered_ranges(connection, "west") == []
    assert gaps(connection, "west", at(1), at(2)) == [(at(1), at(2))]


def test_an_empty_window_covers_nothing(connection: Connection) -> None:
    extend_coverage(connection, "east", at(1), at(1))
    assert covered_ranges(connection, "east") == []


def test_other_time_zones_name_the_same_instants(connection: Connection) -> None:
    new_york = ZoneInfo("America/New_York")
    extend_coverage(connection, "east", at(1).astimezone(new_york), at(2).astimezone(new_york))
    assert covered_ranges(connection, "east") == [(at(1), at(2))]


@pytest.mark.parametrize(("start", "end"), [(at(2), at(1)), (at(1).replace(tzinfo=None), at(2))])
def test_an_invalid_window_is_refused(connection: Connection, start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        extend_coverage(connection, "east", start, end)
    with pytest.raises(ValueError, match="time zone"):
        gaps(connection, "east", start, end)


def test_runs_that_finish_at_the_same_time_all_count(ledger: Ledger) -> None:
    def finish(hour: int) -> None:
        with ledger.begin() as connection:
            extend_coverage(connection, "east", at(hour), at(hour + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(finish, range(24)))
    with ledger.begin() as connection:
        assert covered_ranges(connection, "east") == [(at(0), at(24))]
