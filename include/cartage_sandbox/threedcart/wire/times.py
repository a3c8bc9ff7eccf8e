"""The store's times: naive and store-local on output, the filter formats on input (3dcart-api.md section 4.1).

Inside, times are aware. The API's times have no zone, so an hour of the year is ambiguous.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HOURS = re.compile(r"[+-]?\d{1,2}")
_FILTER_FORMATS = (("%m/%d/%Y", True), ("%m/%d/%Y %H:%M:%S", False), ("%m/%d/%Y %I:%M:%S %p", False))


@dataclass(frozen=True, slots=True)
class FilterTime:
    """A time from a query: store-local, and whether it is only a day."""

    moment: datetime
    date_only: bool

    @property
    def last_moment(self) -> datetime:
        """Return the last moment that an inclusive upper bound covers: the end of the day if it is only a day."""
        return self.moment + timedelta(days=1, microseconds=-1) if self.date_only else self.moment


@lru_cache(maxsize=32)
def store_zone(text: str) -> tzinfo:
    """Return the zone for "-5" (whole hours from UTC) or "America/New_York". Raises ValueError."""
    if _HOURS.fullmatch(text):
        return timezone(timedelta(hours=int(text)))
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"neither a time zone nor a number of hours: {text!r}") from error


def offset_hours(text: str) -> str:
    """Return the zone as the store's settings show it: whole hours of its standard time, e.g. "-5"."""
    in_january = store_zone(text).utcoffset(datetime(2026, 1, 15))  # noqa: DTZ001 - asked of a zone
    return str(round((in_january or timedelta(0)) / timedelta(hours=1)))


def local(instant: datetime, zone: tzinfo) -> datetime:
    """Return an aware time as the store shows it: naive, to the second."""
    return instant.astimezone(zone).replace(tzinfo=None, microsecond=0)


def stamp(naive: datetime) -> str:
    """Return a naive time as the API writes it: "2026-03-02T09:14:55"."""
    return naive.isoformat(timespec="seconds")


def parse_stamp(text: object) -> datetime | None:
    """Return the naive time of an API time stamp, None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed


def parse_filter(text: str) -> FilterTime:
    """Return the time that a filter names, in one of the formats that clients use. Raises ValueError."""
    for form, date_only in _FILTER_FORMATS:
        try:
            return FilterTime(datetime.strptime(text.strip(), form), date_only)  # noqa: DTZ007 - store-local
        except ValueError:
            continue
    raise ValueError(f"not a date: {text!r}")
