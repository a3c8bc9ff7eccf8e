"""The store's times: naive texts in the store's own zone, on both ways. Nothing here knows an order.

3dcart-api.md, section 4.1: all times of the API and of its filters are naive store-local time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# What was seen on the wire (section 4.2) besides ISO 8601, and what the documentation shows.
_FORMATS = (
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y",
)
_WRITTEN = _FORMATS[0]
# .NET's DateTime.MinValue stands for "never".
_NEVER = 1


def parse_store_time(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant that a text names, in UTC; None if it is empty or stands for "never".

    A local time that the clocks show twice is taken as its first instant (`both_instants` gives the other);
    one that they skip, as if they had not been moved. A text with an offset of its own is taken at its
    word.

    Raises:
        ValueError: if it is no time.
    """
    text = text.strip()
    if not text:
        return None
    moment = _parsed(text)
    if moment.year <= _NEVER:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"out of range: {moment.year}") from error


def both_instants(instant: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The two instants at which the store's clock shows what it shows at this one; usually the same twice.

    `read_time` knows only the first, so whoever compares with a window has to try both.
    """
    local = instant.astimezone(zone)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def local_span(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    """`[start, end]` as texts for a filter that compares what the clock shows; empty for no bound.

    Where an end lies within three hours of a change of the clocks, it is moved outwards by the change: every
    order whose time may lie in the span is found, and some more.
    """
    first = f"{start.astimezone(zone) - _change_near(start, zone):{_WRITTEN}}" if start else ""
    return first, f"{end.astimezone(zone) + _change_near(end, zone):{_WRITTEN}}" if end else ""


def day_span(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    """The days of a span, one more on each side, for a filter that may compare days only (section 4.1)."""
    day = timedelta(days=1)
    first = f"{start.astimezone(zone) - day:%m/%d/%Y}" if start else ""
    return first, f"{end.astimezone(zone) + day:%m/%d/%Y}" if end else ""


def write_time(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as the store takes it in a write: `MM/dd/yyyy HH:mm:ss`, its own time (section 6.2)."""
    return f"{instant.astimezone(zone):{_WRITTEN}}"


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for form in _FORMATS:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007 -- the wire has no zone
            except ValueError:
                continue
        raise


def _change_near(instant: datetime, zone: ZoneInfo) -> timedelta:
    """By how much the clocks are moved within three hours of an instant."""
    near = timedelta(hours=3)
    before = (instant - near).astimezone(zone).utcoffset() or timedelta()
    after = (instant + near).astimezone(zone).utcoffset() or timedelta()
    return abs(after - before)
