"""By which day an order was promised to ship: the cutoff, working days and holidays of the warehouse."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cartage.lanes.settings.alerts import Weekday
from cartage.lanes.settings.reports import Promise
from cartage.reports.promise import DueDays, due_days

FRIDAY = date(2026, 11, 27)
SATURDAY, SUNDAY, MONDAY, TUESDAY = (FRIDAY + timedelta(days=days) for days in (1, 2, 3, 4))


def due(day: date, **settings: Any) -> tuple[date, date]:
    [found] = due_days(Promise(**settings), [day])
    return found.before_cutoff, found.after_cutoff


def test_an_order_before_the_cutoff_ships_on_the_same_day_a_later_one_on_the_next() -> None:
    assert due(MONDAY) == (MONDAY, TUESDAY)


def test_the_weekend_counts_for_monday_whatever_the_time() -> None:
    assert due(FRIDAY) == (FRIDAY, MONDAY)
    assert due(SATURDAY) == due(SUNDAY) == (MONDAY, MONDAY)


def test_holidays_are_no_working_days() -> None:
    assert due(FRIDAY, holidays=[MONDAY]) == (FRIDAY, TUESDAY)
    assert due(MONDAY, holidays=[MONDAY]) == (TUESDAY, TUESDAY)


def test_further_days_are_working_days() -> None:
    assert due(FRIDAY, days_after=1) == (MONDAY, TUESDAY)
    assert due(SATURDAY, days_after=1) == (TUESDAY, TUESDAY)


def test_a_warehouse_may_work_on_any_days() -> None:
    assert due(MONDAY, days=["sat"]) == (date(2026, 12, 5), date(2026, 12, 5))


def test_each_day_comes_once_and_in_order() -> None:
    found = list(due_days(Promise(), [TUESDAY, MONDAY, TUESDAY]))
    assert found == [
        DueDays(MONDAY, MONDAY, TUESDAY),
        DueDays(TUESDAY, TUESDAY, TUESDAY + timedelta(days=1)),
    ]


@settings(deadline=None)
@given(
    day=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    days=st.sets(st.sampled_from(list(Weekday)), min_size=1),
    holidays=st.sets(st.dates(date(2020, 1, 1), date(2040, 1, 1)), max_size=20),
    days_after=st.integers(0, 10),
)
def test_a_due_day_is_a_working_day_and_never_before_the_order(
    day: date, days: set[Weekday], holidays: set[date], days_after: int
) -> None:
    before, after = due(day, days=list(days), holidays=list(holidays), days_after=days_after)
    assert day <= before <= after
    for found in (before, after):
        assert list(Weekday)[found.weekday()] in days
        assert found not in holidays


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cutoff": "2 pm"}, "not a time of day"),
        ({"days": []}, "at least 1"),
        ({"days": ["someday"]}, "'mon'"),
        ({"days_after": -1}, "greater than or equal to 0"),
        ({"time_zone": "Mars/Base"}, "not a time zone"),
        ({"holidays": ["soon"]}, "date"),
        ({"holidays": [f"{FRIDAY + timedelta(days=days)}" for days in range(201)]}, "too many"),
    ],
)
def test_a_mistake_in_the_promise_is_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Promise(**settings)
