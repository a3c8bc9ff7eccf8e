"""The calendar: a mark for the state of each day, readable without colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from cartage.intake.coverage.calendar import DayState, calendar_months, length_text
from cartage.intake.coverage.repo import CoverageSummary, Range


def at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def summary(
    *, covered: Sequence[Range] = (), failed: Sequence[Range] = (), missing: Sequence[Range] = ()
) -> CoverageSummary:
    return CoverageSummary(tuple(covered), tuple(failed), tuple(missing))


def test_each_day_has_the_mark_of_its_state() -> None:
    found = calendar_months(
        summary(
            covered=[(at(10, 30), at(10, 31)), (at(10, 31), at(10, 31, 9)), (at(11, 1), at(11, 1, 20))],
            failed=[(at(11, 1, 20), at(11, 1, 21))],
            missing=[(at(10, 31, 9), at(11, 1)), (at(11, 1, 21), at(11, 3))],
        ),
        at(10, 30),
        at(11, 3),
    )
    assert [(month.name, month.line()) for month in found] == [
        ("2026-10", " " * 29 + "#~"),
        ("2026-11", "x."),
    ]
    first = found[1].days[0]
    assert (first.date, first.state, first.uncovered) == (
        date(2026, 11, 1),
        DayState.FAILED,
        timedelta(hours=4),
    )


def test_what_a_sweep_has_read_is_neither_missing_nor_failed() -> None:
    windows_alone = summary(
        covered=[(at(11, 3), at(11, 4))],
        failed=[(at(11, 2), at(11, 3)), (at(11, 5), at(11, 5, 6))],
        missing=[(at(11, 1), at(11, 2)), (at(11, 4), at(11, 5)), (at(11, 6), at(11, 7))],
    )
    found = windows_alone.with_sweep(at(11, 4, 12))
    assert found.covered == windows_alone.covered
    assert found.swept == ((at(11, 1), at(11, 3)), (at(11, 4), at(11, 4, 12)))
    assert found.missing == ((at(11, 4, 12), at(11, 5)), (at(11, 6), at(11, 7)))
    assert found.failed == ((at(11, 5), at(11, 5, 6)),)
    assert windows_alone.with_sweep(None) == windows_alone
    [month] = calendar_months(found, at(11, 1), at(11, 7))
    assert month.line() == "oo#~x."
    assert [day.uncovered for day in month.days][:3] == [timedelta(days=1), timedelta(days=1), timedelta(0)]


@pytest.mark.parametrize(("hours", "shade"), [(0, 0), (1, 1), (11, 2), (12, 3), (23, 3), (24, 4)])
def test_a_day_is_shaded_by_how_much_of_it_is_covered(hours: int, shade: int) -> None:
    end = at(11, 1) + timedelta(hours=hours)
    covered = [(at(11, 1), end)] if hours else []
    missing = [(end, at(11, 2))] if hours < 24 else []
    [month] = calendar_months(summary(covered=covered, missing=missing), at(11, 1), at(11, 2))
    assert [day.shade for day in month.days] == [shade]


def test_a_day_is_judged_by_the_part_of_it_that_was_asked_for() -> None:
    """A go-live in the middle of a day, and today, which is not over yet."""
    (month,) = calendar_months(summary(covered=[(at(11, 5, 16), at(11, 6, 9))]), at(11, 5, 16), at(11, 6, 9))
    assert [day.state for day in month.days] == [DayState.COVERED, DayState.COVERED]


def test_a_day_does_not_begin_before_its_midnight() -> None:
    (month,) = calendar_months(summary(missing=[(at(11, 5), at(11, 6))]), at(11, 5), at(11, 6))
    assert [day.date.day for day in month.days] == [5]


def test_an_empty_range_has_no_month() -> None:
    assert calendar_months(summary(), at(11, 5), at(11, 5)) == ()


def test_the_marks_differ() -> None:
    assert len({state.mark for state in DayState}) == len(DayState)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=3), "1 min"),
        (timedelta(minutes=25), "25 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h 5 min"),
    ],
)
def test_lengths_of_time_are_readable(length: timedelta, text: str) -> None:
    assert length_text(length) == text
