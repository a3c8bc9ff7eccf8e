"""Coverage as a calendar: a mark for each day, in UTC. Marks are letters, so that none needs a colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby

from cartage.intake.coverage.repo import CoverageSummary, Range

_DAY = timedelta(days=1)
_NONE = timedelta(0)


class DayState(StrEnum):
    """What became of a day, or of that part of it that was asked for."""

    COVERED = "covered"
    PARTLY = "partly"
    FAILED = "failed"  # at least one of its windows, and not covered since
    MISSING = "missing"

    @property
    def mark(self) -> str:
        """The one character that stands for it."""
        return _MARKS[self]


_MARKS = {DayState.COVERED: "#", DayState.PARTLY: "~", DayState.FAILED: "x", DayState.MISSING: "."}


@dataclass(frozen=True, slots=True)
class Day:
    """One day, and how much of it is not covered, tried in vain or not."""

    date: date
    state: DayState
    uncovered: timedelta


@dataclass(frozen=True, slots=True)
class Month:
    """The days of one month that were asked for; `name` is like 2026-11."""

    name: str
    days: tuple[Day, ...]

    def line(self) -> str:
        """A mark for each day, in the column of its number."""
        return " " * (self.days[0].date.day - 1) + "".join(day.state.mark for day in self.days)


def calendar_months(summary: CoverageSummary, since: datetime, until: datetime) -> tuple[Month, ...]:
    """The calendar of `[since, until)`; empty if that is nothing."""
    covered, failed, missing = (
        _time_by_day(ranges) for ranges in (summary.covered, summary.failed, summary.missing)
    )
    days = [
        Day(
            day,
            _state(covered.get(day, _NONE), failed.get(day, _NONE), missing.get(day, _NONE)),
            failed.get(day, _NONE) + missing.get(day, _NONE),
        )
        for day, _ in _parts((since, until))
    ]
    return tuple(
        Month(name, tuple(group)) for name, group in groupby(days, key=lambda day: f"{day.date:%Y-%m}")
    )


def length_text(length: timedelta) -> str:
    """A length of time as a person says it: `3 d 4 h`, `25 min`; at least one minute."""
    minutes = max(1, round(length.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _state(covered: timedelta, failed: timedelta, missing: timedelta) -> DayState:
    if failed:
        return DayState.FAILED
    if not missing:
        return DayState.COVERED
    return DayState.PARTLY if covered else DayState.MISSING


def _time_by_day(ranges: tuple[Range, ...]) -> dict[date, timedelta]:
    found: dict[date, timedelta] = {}
    for one in ranges:
        for day, length in _parts(one):
            found[day] = found.get(day, _NONE) + length
    return found


def _parts(one: Range) -> Iterator[tuple[date, timedelta]]:
    """The days that a range touches, and how long it touches each."""
    start, end = (instant.astimezone(UTC) for instant in one)
    while start < end:
        midnight = datetime.combine(start.date(), time(), UTC) + _DAY
        yield start.date(), min(midnight, end) - start
        start = midnight
