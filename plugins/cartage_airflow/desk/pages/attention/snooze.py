"""For how long an entry can be snoozed, in the store's time. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

# The hour of the store's day at which a snooze of whole days ends.
_MORNING = 8
_MONDAY = 0


class Snooze(StrEnum):
    """The choices of the form."""

    NOT = ""
    KEEP = "keep"
    HOUR = "1h"
    FOUR_HOURS = "4h"
    TOMORROW = "tomorrow"
    MONDAY = "monday"
    WEEK = "week"


CHOICES = {
    Snooze.NOT: "not snoozed",
    Snooze.HOUR: "for 1 hour",
    Snooze.FOUR_HOURS: "for 4 hours",
    Snooze.TOMORROW: "until tomorrow, 08:00",
    Snooze.MONDAY: "until Monday, 08:00",
    Snooze.WEEK: "for a week",
}

_HOURS = {Snooze.HOUR: timedelta(hours=1), Snooze.FOUR_HOURS: timedelta(hours=4)}


def snoozed_until(choice: Snooze, now: datetime, zone: ZoneInfo, kept: datetime | None) -> datetime | None:
    """Return when a snooze ends that is chosen now; None for none. `kept` is when the present one ends."""
    if choice is Snooze.NOT:
        return None
    if choice is Snooze.KEEP:
        return kept
    if choice in _HOURS:
        return now + _HOURS[choice]
    today = now.astimezone(zone)
    days = {
        Snooze.TOMORROW: 1,
        Snooze.MONDAY: (_MONDAY - today.weekday() - 1) % 7 + 1,
        Snooze.WEEK: 7,
    }[choice]
    morning = today + timedelta(days=days)
    return morning.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
