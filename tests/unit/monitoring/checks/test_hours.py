"""Business time across nights, weekends, holidays and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cartage.lanes.settings.alerts import BusinessHours, Weekday
from cartage.monitoring.checks.hours import Calendar

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = BusinessHours()  # Monday to Friday, 09:00 to 17:00


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """Return a time in New York. 2 November 2026 is a Monday; the clocks went back the night before."""
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK)


def reach(now: datetime, hours: float, settings: BusinessHours | None = OFFICE) -> datetime | None:
    return Calendar(settings, NEW_YORK).reach(now, timedelta(hours=hours))


@pytest.mark.parametrize(
    ("now", "hours", "since"),
    [
        (at(3, 12), 2, at(3, 10)),
        (at(3, 10), 2, at(2, 16)),  # over a night
        (at(2, 10), 2, at(30, 16, month=10)),  # over a weekend in which the clocks change
        (at(1, 12), 1, at(30, 16, month=10)),  # a Sunday adds nothing
        (at(3, 23), 8, at(3, 9)),  # an evening adds nothing
        (at(9, 9), 40, at(2, 9)),  # a week
    ],
)
def test_only_business_time_counts(now: datetime, hours: float, since: datetime) -> None:
    assert reach(now, hours) == since


def test_a_holiday_adds_nothing() -> None:
    thanksgiving = BusinessHours(holidays=(date(2026, 11, 26),))
    assert reach(at(27, 10), 2, thanksgiving) == at(25, 16)
    assert reach(at(27, 10), 2) == at(26, 16)


def test_hours_use_their_own_time_zone_if_they_name_one() -> None:
    utc = BusinessHours(time_zone="UTC")
    now = datetime(2026, 11, 3, 10, tzinfo=UTC)
    assert reach(now, 2, utc) == datetime(2026, 11, 2, 16, tzinfo=UTC)


def test_a_24_hour_day_has_25_hours_when_the_clocks_go_back() -> None:
    every = BusinessHours(days=(Weekday.SUNDAY,), opens="00:00", closes="24:00")
    monday = datetime(2026, 11, 2, 0, tzinfo=NEW_YORK)
    assert reach(monday, 25, every) == datetime(2026, 11, 1, 0, tzinfo=NEW_YORK)


def test_without_business_hours_every_hour_counts_and_never_stays_never() -> None:
    now = at(1, 3)
    assert reach(now, 30, None) == now - timedelta(hours=30)
    assert Calendar(OFFICE, NEW_YORK).reach(now, "never") is None


@given(
    st.floats(0, 366 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.timedeltas(timedelta(minutes=1), timedelta(hours=200)),
    st.timedeltas(timedelta(0), timedelta(hours=50)),
)
def test_a_later_instant_never_reaches_further_back(
    now: datetime, length: timedelta, more: timedelta
) -> None:
    calendar = Calendar(OFFICE, NEW_YORK)
    found, further, later = (
        calendar.reach(now, length), calendar.reach(now, length + more), calendar.reach(now + more, length)
    )  # fmt: skip
    assert found is not None and further is not None and later is not None
    assert further <= found <= now - length
    assert found <= later


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens": "9:00"},
        {"closes": "25:00"},
        {"opens": "17:00", "closes": "09:00"},
        {"days": ()},
        {"days": ("x",)},
    ],
)
def test_invalid_hours_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BusinessHours.model_validate(wrong)
