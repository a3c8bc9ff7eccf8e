"""The figures of a report, read from the totals of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from cartage.errors.problems import ProblemKind
from cartage.model.exceptions import BY_POLICY
from cartage.redaction import redact
from cartage.reports.counts import Counts
from cartage.reports.histogram import AllTimes, Span, Times, count_times
from cartage.reports.repo import changes
from cartage.reports.repo import figures as repo
from cartage.reports.repo.places import Places
from cartage.reports.totals import Place, Totals, read_totals

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from cartage.lanes.settings.lane import Lane
    from cartage.reports.period import Period

# More causes than these are summed up, and more rows of a table than these are for no person.
_MOST_CAUSES = 1_000
MOST_ROWS = 50
_ABOUT_A_SKU = frozenset(
    {
        ProblemKind.UNKNOWN_SKU,
        ProblemKind.AMBIGUOUS_SKU,
        ProblemKind.INACTIVE_ITEM,
        ProblemKind.QUANTITY_NOT_WHOLE,
    }
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class GroupTimes(NamedTuple):
    """How long a span took for the orders of one group; `by` is all, lane, warehouse, carrier or weekday."""

    span: Span
    by: str
    name: str
    times: Times


@dataclass(frozen=True, slots=True)
class BlockingFigures:
    """A cause, how many orders it blocked, and for how long altogether."""

    lane: str
    kind: str
    subject: str
    message: str
    orders: int
    blocked: timedelta


@dataclass(frozen=True, slots=True)
class SkuFigures:
    """A SKU that blocked orders, over all lanes."""

    sku: str
    orders: int
    blocked: timedelta


@dataclass(frozen=True, slots=True)
class ExceptionFigures:
    """Exceptions of a kind and what became of them: a choice, `open`, or `settled by itself`."""

    kind: str
    outcome: str
    by_policy: bool
    exceptions: int


@dataclass(frozen=True, slots=True)
class WarehouseFigures:
    """One of a lane's several warehouses: the counts of its parts, and the exceptions that were opened about them."""

    lane: str
    warehouse: str
    counts: Counts
    exceptions: int


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of some lanes over a period, or of one of a lane's several warehouses.

    Attributes:
        lanes: The names of the lanes.
        as_of: None where the figures were never refreshed.
        by_lane: Counts by the name of the lane; in the report of one warehouse by the label of that warehouse.
        warehouses: The warehouses of lanes that have several. An order that several of them ship counts once for its
            lane, and its parts once for each of them.
    """

    lanes: tuple[str, ...]
    period: Period
    as_of: datetime | None
    promised: bool
    days: Mapping[date, Counts]
    by_lane: Mapping[str, Counts]
    times: tuple[GroupTimes, ...]
    causes: tuple[BlockingFigures, ...]
    skus: tuple[SkuFigures, ...]
    exceptions: tuple[ExceptionFigures, ...]
    warehouses: tuple[WarehouseFigures, ...] = ()

    @property
    def total(self) -> Counts:
        """The sum over all days."""
        return sum(self.days.values(), Counts())

    def times_by(self, span: Span, by: str) -> list[GroupTimes]:
        """Return the times of a span by one kind of group."""
        return [found for found in self.times if found.span is span and found.by == by]


def read_report(connection: Connection, lanes: Sequence[Lane], period: Period, now: datetime) -> Report:
    """Return the figures of these lanes, at least one; of a lane that is seen from one warehouse, those of that one."""
    places = Places(tuple(_place(lane, period, now) for lane in lanes))
    totals = read_totals(connection, places, period)
    blocking = repo.causes(connection, places, _MOST_CAUSES)
    several = tuple(place for place, lane in zip(places.rows, lanes, strict=True) if _has_several(lane))
    opened = repo.exceptions_at(connection, Places(several)) if several else {}
    progress = changes.progress(connection)
    return Report(
        lanes=tuple(lane.name for lane in lanes),
        period=period,
        as_of=progress.refreshed_at if progress else None,
        promised=any(view.reports.promise for lane in lanes for view in lane.views()),
        days=totals.by_day,
        by_lane={_name(lane): totals.by_place[lane.name, lane.warehouse_name] for lane in lanes},
        times=tuple(_times(*_all_times(lanes, totals), repo.carriers(connection))),
        causes=tuple(_blocking(row) for row in blocking[:MOST_ROWS]),
        skus=_skus(blocking),
        exceptions=tuple(_exception(row) for row in repo.exceptions(connection, places, BY_POLICY)),
        warehouses=tuple(_warehouses(lanes, totals, opened)),
    )


def warehouse_label(lane: str, warehouse: str) -> str:
    """Return what one of a lane's several warehouses is called beside those of other lanes."""
    return f"{lane} · {warehouse}"


def _place(lane: Lane, period: Period, now: datetime) -> dict[str, Any]:
    since, until = period.bounds(lane.store.zone())
    zones = [
        ZoneInfo(promise.time_zone) if promise and promise.time_zone else lane.store.zone()
        for promise in (view.reports.promise for view in lane.views())
    ]
    # A day is over once it is at all of the lane's warehouses.
    day = min(now.astimezone(zone).date() for zone in zones)
    warehouse = lane.warehouse_name or None
    return {"lane": lane.name, "warehouse": warehouse, "since": since, "until": until, "today": day}


def _name(lane: Lane) -> str:
    return warehouse_label(lane.name, lane.warehouse_name) if lane.warehouse_name else lane.name


def _all_times(lanes: Sequence[Lane], totals: Totals) -> tuple[AllTimes, AllTimes]:
    """Return the times of the lanes, grouped by the connection of their one warehouse, and those of several."""
    own: dict[str, bytes] = {}
    connections: dict[str, str] = {}
    for lane in lanes:
        name = _name(lane)
        if packed := totals.times.get((lane.name, lane.warehouse_name)):
            own[name] = packed
        if lane.warehouse_name:
            connections[name] = name
        elif not lane.warehouses:
            connections[name] = lane.warehouse.connection
    several = {lane.name for lane in lanes if _has_several(lane)}
    of_warehouses = {
        warehouse_label(lane, warehouse): packed
        for (lane, warehouse), packed in totals.times.items()
        if warehouse and lane in several
    }
    return count_times(own, connections), count_times(of_warehouses, {name: name for name in of_warehouses})


def _warehouses(
    lanes: Sequence[Lane], totals: Totals, opened: Mapping[Place, int]
) -> Iterator[WarehouseFigures]:
    """Yield the warehouses of each lane that has several, and after them former ones that have counts.

    `opened` are the exceptions that were opened at each.
    """
    counted: dict[str, list[str]] = {}
    for (name, warehouse), counts in totals.by_place.items():
        if warehouse and counts != Counts():
            counted.setdefault(name, []).append(warehouse)
    for lane in filter(_has_several, lanes):
        for warehouse in dict.fromkeys([*lane.warehouses, *counted.get(lane.name, ())]):
            place = lane.name, warehouse
            yield WarehouseFigures(*place, totals.by_place.get(place, Counts()), opened.get(place, 0))


def _has_several(lane: Lane) -> bool:
    return bool(lane.warehouses) and not lane.warehouse_name


def _times(found: AllTimes, of_warehouses: AllTimes, carriers: Mapping[int, str]) -> Iterator[GroupTimes]:
    named: dict[str, dict[tuple[Span, str], Times]] = {
        "all": {(span, ""): times for span, times in found.overall.items()},
        "lane": dict(found.lanes),
        "warehouse": {**found.groups, **of_warehouses.groups},
        "carrier": {(span, carriers.get(id_, "")): times for (span, id_), times in found.carriers.items()},
        "weekday": {(span, WEEKDAYS[day]): times for (span, day), times in found.weekdays.items()},
    }
    for by, groups in named.items():
        for (span, name), times in groups.items():
            yield GroupTimes(span, by, name, times)


def _blocking(row: Row[Any]) -> BlockingFigures:
    blocked = timedelta(seconds=round(row.seconds))
    if row.kind is None:
        return BlockingFigures(row.lane, "", "", "a cause that retention deleted", row.orders, blocked)
    # Reports leave the house by mail.
    return BlockingFigures(row.lane, row.kind, redact(row.subject), redact(row.message), row.orders, blocked)


def _skus(rows: Sequence[Row[Any]]) -> tuple[SkuFigures, ...]:
    orders: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for row in rows:
        if row.kind in _ABOUT_A_SKU:
            orders[redact(row.subject)] += row.orders
            seconds[redact(row.subject)] += round(row.seconds)
    most = sorted(orders, key=lambda sku: (-orders[sku], -seconds[sku], sku))[:MOST_ROWS]
    return tuple(SkuFigures(sku, orders[sku], timedelta(seconds=seconds[sku])) for sku in most)


def _exception(row: Row[Any]) -> ExceptionFigures:
    outcome = row.decision or ("open" if row.open else "settled by itself")
    return ExceptionFigures(row.kind, outcome, row.by_policy, row.exceptions)
