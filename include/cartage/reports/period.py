"""The days that a report is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LENGTHS = (7, 30, 90, 365)
"""The lengths in days that the desk offers."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days by each store's clock, the first and the last included."""

    since: date
    until: date

    @classmethod
    def last(cls, days: int, until: date) -> Period:
        """Return so many days, of which `until` is the last."""
        return cls(until - timedelta(days=days - 1), until)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.since).days + 1

    def each(self) -> Iterator[date]:
        """Yield the days, the earliest first."""
        yield from (self.since + timedelta(days=place) for place in range(self.days))

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the instants at which it begins and ends in a time zone."""
        midnight = datetime.min.time()
        after = self.until + timedelta(days=1)
        return datetime.combine(self.since, midnight, zone), datetime.combine(after, midnight, zone)


def today(zones: Iterable[ZoneInfo], now: datetime) -> date:
    """Return the newest day that has begun in any of these time zones.

    Raises:
        ValueError: without a time zone.
    """
    return max(now.astimezone(zone).date() for zone in zones)
