"""Coverage as a calendar with a mark for each UTC day. The marks are characters, so they need no colour."""

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
    """The coverage of a day, or of the part of it that was asked for."""

    COVERED = "covered"
    SWEPT = "swept"  # not imported window by window; what was still open was, by a sweep
    PARTLY = "partly"
    FAILED = "failed"  # at least one of its windows failed, and was not covered since
    MISSING = "missing"

    @property
    def mark(self) -> str:
        """The character that stands for the state."""
        return _MARKS[self]

    @property
    def words(self) -> str:
        """The state in words, for people."""
        return "open orders only" if self is DayState.SWEPT else self.value


_MARKS = {
    DayState.COVERED: "#",
    DayState.SWEPT: "o",
    DayState.PARTLY: "~",
    DayState.FAILED: "x",
    DayState.MISSING: ".",
}
# How a heat map shades the share of a day that is covered: this many steps.
_STEPS = 4


@dataclass(frozen=True, slots=True)
class Day:
    """One day; how much of it is not covered, whether it failed, was never run or was only swept; and its shade.

    `shade` is the covered share in steps, from 0 (nothing) to 4 (all of it).
    """

    date: date
    state: DayState
    uncovered: timedelta
    shade: int


@dataclass(frozen=True, slots=True)
class Month:
    """The days of a month that were asked for; `name` is for example 2026-11."""

    name: str
    days: tuple[Day, ...]

    def line(self) -> str:
        """Return a mark for each day, in the column of its number."""
        return " " * (self.days[0].date.day - 1) + "".join(day.state.mark for day in self.days)


def calendar_months(summary: CoverageSummary, since: datetime, until: datetime) -> tuple[Month, ...]:
    """Return the calendar of `[since, until)`; empty if the range is."""
    covered, failed, missing, swept = (
        _time_by_day(ranges) for ranges in (summary.covered, summary.failed, summary.missing, summary.swept)
    )

    def judged(day: date, length: timedelta) -> Day:
        parts = [found.get(day, _NONE) for found in (covered, failed, missing, swept)]
        # Only what is covered whole has the darkest shade, and only what is not covered at all has none.
        shade = min(_STEPS - 1, 1 + int(_STEPS * parts[0] / length)) if parts[0] else 0
        uncovered = sum(parts[1:], _NONE)
        return Day(day, _state(*parts), uncovered, shade if uncovered else _STEPS)

    days = [judged(day, length) for day, length in _days_in((since, until))]
    return tuple(
        Month(name, tuple(group)) for name, group in groupby(days, key=lambda day: f"{day.date:%Y-%m}")
    )


def length_text(length: timedelta) -> str:
    """Return a length of time for people: `3 d 4 h`, `25 min`; at least one minute."""
    minutes = max(1, round(length.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _state(covered: timedelta, failed: timedelta, missing: timedelta, swept: timedelta) -> DayState:
    if failed:
        return DayState.FAILED
    if missing:
        return DayState.PARTLY if covered or swept else DayState.MISSING
    return DayState.SWEPT if swept else DayState.COVERED


def _time_by_day(ranges: tuple[Range, ...]) -> dict[date, timedelta]:
    found: dict[date, timedelta] = {}
    for range_ in ranges:
        for day, length in _days_in(range_):
            found[day] = found.get(day, _NONE) + length
    return found


def _days_in(range_: Range) -> Iterator[tuple[date, timedelta]]:
    """Yield the days that a range touches, and how much of each lies in it."""
    start, end = (instant.astimezone(UTC) for instant in range_)
    while start < end:
        midnight = datetime.combine(start.date(), time(), UTC) + _DAY
        yield start.date(), min(midnight, end) - start
        start = midnight
