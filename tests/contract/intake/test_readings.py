"""Positions of long lists: kept with each page, deleted when old or finished, and never moved back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from cartage.intake.repo import readings
from cartage.intake.repo.readings import ReadingPosition

BEGUN = datetime(2026, 7, 1, 12, tzinfo=UTC)
SWEEP = "sweep of status 1"


def test_a_list_that_was_never_read_has_no_position(connection: Connection) -> None:
    assert readings.find_reading(connection, "demo", SWEEP) is None


def test_the_last_position_is_found_again(connection: Connection) -> None:
    readings.save_reading(connection, "demo", SWEEP, ReadingPosition(500, 300, BEGUN))
    readings.save_reading(connection, "demo", SWEEP, ReadingPosition(900, 599, BEGUN, total=100_000))
    assert readings.find_reading(connection, "demo", SWEEP) == ReadingPosition(900, 599, BEGUN, 100_000)
    assert readings.find_reading(connection, "demo", "another list") is None
    assert readings.find_reading(connection, "other", SWEEP) is None


def test_of_two_runs_the_position_further_ahead_and_the_earlier_start_are_kept(
    connection: Connection,
) -> None:
    readings.save_reading(connection, "demo", SWEEP, ReadingPosition(900, 599, BEGUN + timedelta(minutes=5)))
    readings.save_reading(connection, "demo", SWEEP, ReadingPosition(500, 300, BEGUN))
    found = readings.find_reading(connection, "demo", SWEEP)
    assert found is not None
    assert (found.last_id, found.offset) == (900, 599)
    readings.save_reading(connection, "demo", SWEEP, ReadingPosition(950, 640, BEGUN))
    assert readings.find_reading(connection, "demo", SWEEP) == ReadingPosition(950, 640, BEGUN)


def test_an_old_position_is_dropped(connection: Connection) -> None:
    readings.save_reading(connection, "demo", SWEEP, ReadingPosition(500, 300, BEGUN))
    connection.execute(text("UPDATE reading SET moved_at = moved_at - interval '6 hours'"))
    assert readings.find_reading(connection, "demo", SWEEP) is None
    assert connection.execute(text("SELECT count(*) FROM reading")).scalar_one() == 0


def test_only_the_position_of_the_finished_list_is_deleted(connection: Connection) -> None:
    for query in (SWEEP, "another list"):
        readings.save_reading(connection, "demo", query, ReadingPosition(500, 300, BEGUN))
    readings.clear_reading(connection, "demo", SWEEP)
    assert readings.find_reading(connection, "demo", SWEEP) is None
    assert readings.find_reading(connection, "demo", "another list") is not None
