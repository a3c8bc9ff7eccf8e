"""Business hours: find the instant that lies a given length of business time in the past.

Ages are compared as instants: an order is late if it has waited since before `reach(now, limit)`. One query then
covers all orders, regardless of the hours, holidays and clock changes in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from cartage.lanes.settings.alerts import BusinessHours
    from cartage.lanes.settings.lane import Lane

_DAY = timedelta(days=1)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Calendar:
    """The business hours of a lane; without settings, every hour counts."""

    def __init__(self, hours: BusinessHours | None, zone: ZoneInfo) -> None:
        self._hours = hours
        self._zone = ZoneInfo(hours.time_zone) if hours and hours.time_zone else zone

    @classmethod
    def of(cls, lane: Lane) -> Calendar:
        """Return the calendar that a lane's settings describe."""
        return cls(lane.alerts.hours, lane.store.zone())

    def reach(self, now: datetime, length: timedelta | Literal["never"]) -> datetime | None:
        """Return the latest instant since which `length` of business time has passed by `now`; None for "never"."""
        if length == "never":
            return None
        if self._hours is None:
            return now - length
        left = length
        for start, end in self._backwards(now):
            if left <= end - start:
                return end - left
            left -= end - start
        return datetime.min.replace(tzinfo=UTC)  # beyond the calendar: nothing is that old

    def _backwards(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the intervals of business time before `now`, the latest first."""
        day = now.astimezone(self._zone).date()
        while day.year > 1:
            start, end = self._on(day)
            if start < min(end, now):
                yield start, min(end, now)
            day -= _DAY

    def _on(self, day: date) -> tuple[datetime, datetime]:
        """Return the business time of a day as an interval; an empty one if it has none."""
        hours = self._hours
        if hours is None or _WEEKDAYS[day.weekday()] not in hours.days or day in hours.holidays:
            midnight = self._at(day, "00:00")
            return midnight, midnight
        return self._at(day, hours.opens), self._at(day, hours.closes)

    def _at(self, day: date, clock: str) -> datetime:
        """Return an instant in UTC: differences between local times would ignore a clock change."""
        if clock == "24:00":
            day, clock = day + _DAY, "00:00"
        return datetime.combine(day, time.fromisoformat(clock), tzinfo=self._zone).astimezone(UTC)
