"""Read and write the store's times: naive texts in the store's own zone (3dcart-api.md, section 4.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Formats seen on the wire (section 4.2) besides ISO 8601, and those in the documentation.
_FORMATS = (
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y",
)
_WRITTEN = _FORMATS[0]
# The year of .NET's DateTime.MinValue, which stands for "never".
_NEVER = 1


def parse_store_time(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that a text names, in UTC; None if it is empty or means "never".

    A local time that occurs twice when the clocks go back is its first instant (`both_instants` returns both). A
    local time that does not exist is read as if the clocks had not changed. A text with its own offset is read
    with that offset.

    Raises:
        ValueError: if the text is not a time.
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
    """Return the two instants that have the same local time in the store as this one; usually they are the same.

    `parse_store_time` returns only the first, so a comparison with a window must try both.
    """
    local = instant.astimezone(zone)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def local_span(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    """Return `[start, end]` as texts for a filter that compares local times; empty for no bound.

    A bound within three hours of a clock change is moved outwards by the change, so that every order whose time
    may be in the span is found, and some more.
    """
    first = f"{start.astimezone(zone) - _change_near(start, zone):{_WRITTEN}}" if start else ""
    return first, f"{end.astimezone(zone) + _change_near(end, zone):{_WRITTEN}}" if end else ""


def day_span(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    """Return the days of a span, plus one on each side, for a filter that may compare days only (section 4.1)."""
    day = timedelta(days=1)
    first = f"{start.astimezone(zone) - day:%m/%d/%Y}" if start else ""
    return first, f"{end.astimezone(zone) + day:%m/%d/%Y}" if end else ""


def write_time(instant: datetime, zone: ZoneInfo) -> str:
    """Format an instant for a write: `MM/dd/yyyy HH:mm:ss` in the store's local time (section 6.2)."""
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
    """Return by how much the clocks change within three hours of an instant."""
    near = timedelta(hours=3)
    before = (instant - near).astimezone(zone).utcoffset() or timedelta()
    after = (instant + near).astimezone(zone).utcoffset() or timedelta()
    return abs(after - before)
