"""Naive timestamps: written and read in a single zone, across both clock changes of the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage_sandbox.extensiv import EXTENSIV_RULES
from cartage_sandbox.extensiv.rql import RqlError
from cartage_sandbox.extensiv.timestamps import Timestamps
from cartage_sandbox.kernel import Rules

UTC_TIMES = Timestamps(Rules(EXTENSIV_RULES))
LOCAL_TIMES = Timestamps(Rules(EXTENSIV_RULES, {"timestamps": "facility-local"}))
# New York's clocks go back at 2026-11-01 06:00 UTC, and forward at 2026-03-08 07:00 UTC.
FALL = datetime(2026, 11, 1, 6, tzinfo=UTC)
SPRING = datetime(2026, 3, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "06:00:00"), (5, "06:00:00.005"), (120, "06:00:00.12")]
)
def test_texts_have_no_offset_and_no_trailing_zeros(milliseconds: int, text: str) -> None:
    assert UTC_TIMES.shown(FALL + timedelta(milliseconds=milliseconds)) == f"2026-11-01T{text}"


def test_a_missing_time_is_null() -> None:
    assert UTC_TIMES.shown(None) is None


def test_the_repeated_local_hour_is_shown_twice() -> None:
    half = timedelta(minutes=30)
    assert LOCAL_TIMES.shown(FALL - half) == LOCAL_TIMES.shown(FALL + half) == "2026-11-01T01:30:00"


@pytest.mark.parametrize(
    ("literal", "local"),
    [
        ("2026-11-24", "2026-11-24T00:00:00"),
        ("2026-11-24T10:00:00.5", "2026-11-24T10:00:00.500000"),
        ("2026-11-24T15:00:00Z", "2026-11-24T10:00:00"),
        ("2026-11-24T15:00:00+00:00", "2026-11-24T10:00:00"),
    ],
)
def test_literals_are_read_in_the_time_zone_of_the_rule(literal: str, local: str) -> None:
    assert LOCAL_TIMES.read(literal).isoformat() == local


def test_a_literal_that_is_not_a_date_is_refused() -> None:
    with pytest.raises(RqlError, match="Not a date"):
        UTC_TIMES.read("yesterday")


@pytest.mark.parametrize("change", [FALL, SPRING])
def test_no_instant_with_a_local_time_or_later_precedes_the_earliest_one(change: datetime) -> None:
    instants = [change + timedelta(minutes=minute) for minute in range(-240, 241, 10)]
    first = LOCAL_TIMES.naive(instants[0])
    # Every ten minutes of the wall clock, including those that spring skips.
    for literal in (first + timedelta(minutes=minute) for minute in range(0, 481, 10)):
        earliest = LOCAL_TIMES.earliest(literal)
        assert all(instant >= earliest for instant in instants if LOCAL_TIMES.naive(instant) >= literal)
