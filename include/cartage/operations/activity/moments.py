"""Times as people say them: `since yesterday 18:00`, `2 h ago`, `monday`, `2026-11-28 09:00`. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_LEADING = re.compile(r"^(since|from|after|until|till|before|to|at)(\s+|$)")
_AGO = re.compile(
    r"(?P<count>\d{1,4})\s*(?P<unit>min|minutes?|m|hours?|h|days?|d|weeks?|w)(\s+ago)?", re.ASCII
)
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(:(?P<minute>\d{2}))?\s*(?P<half>am|pm)?", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(r"(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)?")
_EVENING, _NOON = time(18), time(12)


class NoMoment(ValueError):
    """The text names no time."""


def moment_of(words: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the instant that the words name, in UTC; None if there are none.

    Days, weekdays and times of day are those of `zone`. A weekday is the last one, today included; a time of day
    without a day is the last one.

    Raises:
        NoMoment: if the words name no time, or one that no calendar has.
    """
    text = _LEADING.sub("", " ".join(words.lower().split()))
    if not text:
        return None
    try:
        found = _ago(text, now) or _said(text, now.astimezone(zone)) or _written(text, zone)
        if found is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise NoMoment(words)


def _ago(text: str, now: datetime) -> datetime | None:
    found = _AGO.fullmatch(text)
    return now - timedelta(**{_UNITS[found["unit"][0]]: int(found["count"])}) if found else None


def _said(text: str, here: datetime) -> datetime | None:
    """Return the instant for a day and a time of day, either of which may be missing."""
    if text == "now":
        return here
    if text == "last night":
        return _at(here.date() - timedelta(days=1), _EVENING, here)
    first, _, rest = text.partition(" ")
    rest = rest.removeprefix("at ")
    day = _day(first, here.date())
    if day is not None:
        return _at(day, _clock(rest) if rest else time(), here)
    if not _CLOCK.fullmatch(text) or text.isdigit():
        return None
    moment = _at(here.date(), _clock(text), here)
    return moment if moment <= here else _at(here.date() - timedelta(days=1), _clock(text), here)


def _day(word: str, today: date) -> date | None:
    if word in ("today", "midnight"):
        return today
    if word == "yesterday":
        return today - timedelta(days=1)
    if _WEEKDAY.fullmatch(word):
        back = (today.weekday() - _WEEKDAYS.index(word[:3])) % 7
        return today - timedelta(days=back)
    return date.fromisoformat(word) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word) else None


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise NoMoment(text)
    hour = int(found["hour"])
    if found["half"] and not 1 <= hour <= _NOON.hour:
        raise NoMoment(text)
    if found["half"]:
        hour = hour % _NOON.hour + (_NOON.hour if found["half"] == "pm" else 0)
    return time(hour, int(found["minute"] or 0))


def _written(text: str, zone: ZoneInfo) -> datetime:
    """Return an instant in ISO 8601; without an offset it is in the zone."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _at(day: date, clock: time, here: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=here.tzinfo)
