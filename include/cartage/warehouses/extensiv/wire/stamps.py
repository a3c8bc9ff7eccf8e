"""Read the warehouse's time stamps: one total reader for every way in which they are written. Pure.

Most stamps are naive, in the zone of the server or, for what happens on the floor, of the facility. Some have an
offset.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_US_FORMATS = (
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y",
)
# Microsoft's JSON date: milliseconds since 1970, and an offset that only says where it was written.
_TICKS = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# .NET writes an absent date as its smallest or largest one. Nothing shipped before 1900 or after 8999.
_FIRST_YEAR, _LAST_YEAR = 1900, 8999
_LONGEST = 64


def parse_stamp(value: object) -> datetime | None:
    """Return a stamp, naive or with its offset; None if it is absent or .NET's empty date.

    Raises:
        ValueError: if it is not a time.
    """
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError("not a time")
    text = value.strip()
    found = _read(text) if text else None
    return found if found and _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def naive_in(stamp: datetime, zone: ZoneInfo) -> datetime:
    """Return a stamp as the wall clock of `zone` shows it; one without an offset already is."""
    return stamp.astimezone(zone).replace(tzinfo=None, fold=0) if stamp.tzinfo else stamp


def utc_time(stamp: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a stamp in UTC. An ambiguous local time is the earlier of its two instants."""
    if stamp is None:
        return None
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)


def _read(text: str) -> datetime:
    if ticks := _TICKS.fullmatch(text):
        try:
            return _EPOCH + timedelta(milliseconds=int(ticks[1]))
        except OverflowError:
            raise ValueError("not a time") from None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _read_us(text)
    # Seconds in an offset are legal for Python and for nobody else; zones east of +14:00 do not exist.
    offset = found.utcoffset()
    if offset is not None and abs(offset) > timedelta(hours=14):
        raise ValueError("not a time")
    return found if offset is None else found.replace(tzinfo=timezone(offset))


def _read_us(text: str) -> datetime:
    for form in _US_FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - these stamps have no offset
        except ValueError:
            continue
    raise ValueError("not a time")
