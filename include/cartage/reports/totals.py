"""The totals of some lanes over a period: whole months from rows of months, the days around them from rows of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cartage.reports.counts import Counts
from cartage.reports.repo import figures, months
from cartage.reports.repo.months import COUNTED

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from cartage.reports.period import Period

_A_DAY = timedelta(days=1)
# Whether a promise was kept is known once the day is over.
_OF_PAST_DAYS = [COUNTED.index(name) for name in ("due", "kept")]

Days = tuple[date, date]
"""The first and the last of some days."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The counts of each day and of each lane, and each lane's packed histograms of times."""

    by_day: Mapping[date, Counts]
    by_lane: Mapping[str, Counts]
    times: Mapping[str, bytes]


def read_totals(connection: Connection, lanes: figures.Lanes, period: Period) -> Totals:
    """Return the totals of these lanes, each given with its `lane`, and the `today` of its promise."""
    by_day: dict[date, Counts] = dict.fromkeys(period.each(), Counts())
    by_lane: dict[str, Counts] = {lane["lane"]: Counts() for lane in lanes}
    whole = whole_months(period)
    times: dict[str, list[bytes]] = {}
    around = _around(period, whole)
    for row in figures.counts(connection, lanes, around):
        found = Counts(*(getattr(row, name) for name in COUNTED))
        if row.lane is None:
            by_day[row.day] = found
        else:
            by_lane[row.lane] = found
    for lane, packed in figures.packed_times(connection, list(by_lane), around).items():
        times.setdefault(lane, []).append(packed)
    if whole:
        rows = months.months_of(connection, list(by_lane), *whole)
        for row in rows:
            times.setdefault(row.lane, []).append(bytes(row.times))
        _add_months(rows, {lane["lane"]: lane["today"] for lane in lanes}, by_day, by_lane)
    return Totals(
        by_day, by_lane, {lane: packed for lane in sorted(times) if (packed := b"".join(times[lane]))}
    )


def whole_months(period: Period) -> Days | None:
    """Return the first days of the first and the last month that lie in the period as a whole; None if none does."""
    first = period.since if period.since.day == 1 else _next_month(period.since)
    after = _next_month(period.until) if _next_month(period.until) - _A_DAY == period.until else period.until
    last = (after.replace(day=1) - _A_DAY).replace(day=1)
    return (first, last) if first <= last else None


def _around(period: Period, whole: Days | None) -> list[Days]:
    """Return the days of the period that are in no whole month."""
    if whole is None:
        return [(period.since, period.until)]
    ranges = [(period.since, whole[0] - _A_DAY), (_next_month(whole[1]), period.until)]
    return [(first, last) for first, last in ranges if first <= last]


def _add_months(
    rows: Sequence[Row[Any]],
    todays: Mapping[str, date],
    by_day: dict[date, Counts],
    by_lane: dict[str, Counts],
) -> None:
    """Add these months, which are in order, to the counts of their days and of their lanes."""
    import numpy as np

    places = {lane: place for place, lane in enumerate(by_lane)}
    of_lanes = np.zeros((len(places), len(COUNTED)), dtype=np.int64)
    for month, group in groupby(rows, key=lambda row: row.month):
        of_month = list(group)
        packed = b"".join(row.counts for row in of_month)
        counted = np.frombuffer(packed, dtype=">i4").reshape(len(of_month), -1, len(COUNTED)).astype(np.int64)
        for place, row in enumerate(of_month):
            over = (todays[row.lane] - month).days
            if over < counted.shape[1]:
                counted[place, max(0, over) :, _OF_PAST_DAYS] = 0
        of_lanes[[places[row.lane] for row in of_month]] += counted.sum(axis=1)
        for place, counts in enumerate(counted.sum(axis=0).tolist()):
            by_day[month + timedelta(days=place)] = Counts(*counts)
    for (lane, found), counts in zip(by_lane.items(), of_lanes.tolist(), strict=True):
        by_lane[lane] = found + Counts(*counts)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
