"""Coverage: what was imported, what is missing, independent of the order in which runs finish."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from cartage.db import Ledger
from cartage.intake.coverage import repo as coverage_repo

T = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hour: float) -> datetime:
    return T + hour * HOUR


def test_neighbours_become_one_range_and_repeats_change_nothing(connection: Connection) -> None:
    for start, end in [(1, 2), (4, 5), (2, 3), (1, 2), (1.5, 2.5)]:
        coverage_repo.extend_coverage(connection, "east", at(start), at(end))
    assert coverage_repo.covered_ranges(connection, "east") == [(at(1), at(3)), (at(4), at(5))]


def test_gaps_are_what_is_left_of_the_range_asked_for(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "east", at(1), at(2))
    coverage_repo.extend_coverage(connection, "east", at(3), at(4))
    assert coverage_repo.coverage_gaps(connection, "east", at(0), at(5)) == [
        (at(0), at(1)),
        (at(2), at(3)),
        (at(4), at(5)),
    ]
    assert coverage_repo.coverage_gaps(connection, "east", at(1), at(2)) == []


def test_a_window_ends_before_its_end(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "east", at(1), at(2))
    assert coverage_repo.coverage_gaps(connection, "east", at(2), at(3)) == [(at(2), at(3))]


def test_what_failed_is_kept_until_another_run_covers_it(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "east", at(1), at(2))
    coverage_repo.note_failed_window(connection, "east", at(3), at(5))
    assert coverage_repo.coverage_summary(connection, "east", at(0), at(6)) == coverage_repo.CoverageSummary(
        covered=((at(1), at(2)),),
        failed=((at(3), at(5)),),
        missing=((at(0), at(1)), (at(2), at(3)), (at(5), at(6))),
    )
    coverage_repo.extend_coverage(connection, "east", at(3), at(4))
    found = coverage_repo.coverage_summary(connection, "east", at(3), at(5))
    assert (found.covered, found.failed) == (((at(3), at(4)),), ((at(4), at(5)),))


def test_a_run_that_fails_where_another_succeeded_leaves_it_covered(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "east", at(1), at(2))
    coverage_repo.note_failed_window(connection, "east", at(0), at(3))
    found = coverage_repo.coverage_summary(connection, "east", at(0), at(3))
    assert found.covered == ((at(1), at(2)),)
    assert found.failed == ((at(0), at(1)), (at(2), at(3)))


def test_a_window_that_failed_is_a_gap_like_one_that_never_ran(connection: Connection) -> None:
    coverage_repo.note_failed_window(connection, "east", at(1), at(2))
    assert coverage_repo.coverage_gaps(connection, "east", at(0), at(3)) == [(at(0), at(3))]


def test_a_lane_that_never_ran_is_all_missing_and_other_lanes_are_not_asked(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "west", at(0), at(3))
    coverage_repo.note_failed_window(connection, "west", at(3), at(4))
    found = coverage_repo.coverage_summary(connection, "east", at(0), at(4))
    assert found == coverage_repo.CoverageSummary(covered=(), failed=(), missing=((at(0), at(4)),))


def test_a_summary_is_cut_to_what_was_asked_for(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "east", at(0), at(2))
    coverage_repo.note_failed_window(connection, "east", at(2), at(4))
    found = coverage_repo.coverage_summary(connection, "east", at(1), at(3))
    assert found == coverage_repo.CoverageSummary(
        covered=((at(1), at(2)),), failed=((at(2), at(3)),), missing=()
    )


def test_lanes_are_covered_apart(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "east", at(1), at(2))
    assert coverage_repo.covered_ranges(connection, "west") == []
    assert coverage_repo.coverage_gaps(connection, "west", at(1), at(2)) == [(at(1), at(2))]


def test_an_empty_window_covers_nothing(connection: Connection) -> None:
    coverage_repo.extend_coverage(connection, "east", at(1), at(1))
    assert coverage_repo.covered_ranges(connection, "east") == []


def test_other_time_zones_name_the_same_instants(connection: Connection) -> None:
    new_york = ZoneInfo("America/New_York")
    coverage_repo.extend_coverage(connection, "east", at(1).astimezone(new_york), at(2).astimezone(new_york))
    assert coverage_repo.covered_ranges(connection, "east") == [(at(1), at(2))]


@pytest.mark.parametrize(("start", "end"), [(at(2), at(1)), (at(1).replace(tzinfo=None), at(2))])
def test_a_window_without_sense_is_refused(connection: Connection, start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        coverage_repo.extend_coverage(connection, "east", start, end)
    with pytest.raises(ValueError, match="time zone"):
        coverage_repo.coverage_gaps(connection, "east", start, end)


def test_runs_that_finish_at_once_all_count(ledger: Ledger) -> None:
    def finish(hour: int) -> None:
        with ledger.begin() as connection:
            coverage_repo.extend_coverage(connection, "east", at(hour), at(hour + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(finish, range(24)))
    with ledger.begin() as connection:
        assert coverage_repo.covered_ranges(connection, "east") == [(at(0), at(24))]
