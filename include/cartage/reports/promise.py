"""By which day an order placed on a day was promised to ship. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from cartage.lanes.settings.alerts import Weekday

if TYPE_CHECKING:
    from cartage.lanes.settings.reports import Promise

_NUMBERS = {weekday: number for number, weekday in enumerate(Weekday)}
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueDays:
    """The due days of the orders that are placed on `day`, before the cutoff and at or after it."""

    day: date
    before_cutoff: date
    after_cutoff: date


def due_days(promise: Promise, days: Iterable[date]) -> Iterator[DueDays]:
    """Yield the due days of each of these days, which are days of the warehouse's time zone."""
    working = _WorkingDays(promise)
    for day in sorted(set(days)):
        counted = working.first_from(day)
        next_one = working.first_from(day + _ONE_DAY)
        yield DueDays(
            day, working.after(counted, promise.days_after), working.after(next_one, promise.days_after)
        )


class _WorkingDays:
    """The warehouse's calendar. Settings limit the number of holidays, so that every search ends."""

    def __init__(self, promise: Promise) -> None:
        self._weekdays = {_NUMBERS[weekday] for weekday in promise.days}
        self._holidays = set(promise.holidays)

    def first_from(self, day: date) -> date:
        while day.weekday() not in self._weekdays or day in self._holidays:
            day += _ONE_DAY
        return day

    def after(self, day: date, count: int) -> date:
        for _ in range(count):
            day = self.first_from(day + _ONE_DAY)
        return day
