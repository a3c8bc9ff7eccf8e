"""The totals of some lanes over a period: whole months from rows of months, the days around them from rows of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from cartage.reports.counts import Counts
from cartage.reports.repo import figures, months
from cartage.reports.repo.months import COUNTED
from cartage.reports.repo.places import Places

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.reports.period import Period

_A_DAY = timedelta(days=1)
# Whether a promise was kept is known once the day is over.
_OF_PAST_DAYS = [COUNTED.index(name) for name in ("due", "kept")]

Days = tuple[date, date]
"""The first and the last of some days."""


Place = tuple[str, str]
"""A lane, and one of its several warehouses; an empty name: the whole lane."""

_Month = tuple[date, Place, bytes]


@dataclass(frozen=True, slots=True)
class Totals:
    """The counts of each day, and counts and packed histograms of times of each place, in the order of places."""

    by_day: Mapping[date, Counts]
    by_place: Mapping[Place, Counts]
    times: Mapping[Place, bytes]


def read_totals(connection: Connection, places: Places, period: Period) -> Totals:
    """Return the totals of these places, each given with its `lane`, and the `today` of its promise.

    A place without a warehouse is a lane: its days are those of the whole lane, and each of its warehouses is a place
    beside it.
    """
    by_day: dict[date, Counts] = dict.fromkeys(period.each(), Counts())
    by_place: dict[Place, Counts] = {
        (place["lane"], place["warehouse"] or ""): Counts() for place in places.rows
    }
    asked = set(by_place)
    whole = whole_months(period)
    times: dict[Place, list[bytes]] = {}
    around = _around(period, whole)
    for row in figures.counts(connection, places, around):
        found = Counts(*(getattr(row, name) for name in COUNTED))
        if row.lane is None:
            by_day[row.day] = found
        else:
            by_place[row.lane, row.warehouse] = found
    for place, packed in figures.packed_times(connection, places, around).items():
        times.setdefault(place, []).append(packed)
    if whole:
        asked_for: list[_Month] = []
        beside: list[_Month] = []
        for month, lane, warehouse, counts, packed in months.months_of(connection, places, *whole):
            place = lane, warehouse
            times.setdefault(place, []).append(packed)
            (asked_for if place in asked else beside).append((month, place, counts))
        todays = {place["lane"]: place["today"] for place in places.rows}
        _add_months(asked_for, todays, by_day, by_place)
        _add_months(beside, todays, None, by_place)
    return Totals(
        by_day, by_place, {place: packed for place in sorted(times) if (packed := b"".join(times[place]))}
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
    rows: Sequence[_Month],
    todays: Mapping[str, date],
    by_day: dict[date, Counts] | None,
    by_place: dict[Place, Counts],
) -> None:
    """Add these months, which are in order, to the counts of their places, and to those of their days if given."""
    import numpy as np

    places = {place: number for number, place in enumerate(dict.fromkeys(place for _, place, _ in rows))}
    of_places = np.zeros((len(places), len(COUNTED)), dtype=np.int64)
    for month, group in groupby(rows, key=itemgetter(0)):
        of_month = [(place, counts) for _, place, counts in group]
        packed = b"".join(counts for _, counts in of_month)
        counted = np.frombuffer(packed, dtype=">i4").reshape(len(of_month), -1, len(COUNTED)).astype(np.int64)
        for number, (place, _) in enumerate(of_month):
            over = (todays[place[0]] - month).days
            if over < counted.shape[1]:
                counted[number, max(0, over) :, _OF_PAST_DAYS] = 0
        of_places[[places[place] for place, _ in of_month]] += counted.sum(axis=1)
        if by_day is not None:
            for number, counts in enumerate(counted.sum(axis=0).tolist()):
                by_day[month + timedelta(days=number)] = Counts(*counts)
    for place, counts in zip(places, of_places.tolist(), strict=True):
        by_place[place] = by_place.get(place, Counts()) + Counts(*counts)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
