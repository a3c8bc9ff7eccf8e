"""The figures of a report, read from the totals of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cartage.errors.problems import ProblemKind
from cartage.model.exceptions import BY_POLICY
from cartage.redaction import redact
from cartage.reports.counts import Counts
from cartage.reports.histogram import AllTimes, Span, Times, count_times
from cartage.reports.repo import changes
from cartage.reports.repo import figures as repo
from cartage.reports.totals import read_totals

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


@dataclass(frozen=True, slots=True)
class GroupTimes:
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
class Report:
    """All figures of some lanes over a period. `as_of` is None where the figures were never refreshed."""

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

    @property
    def total(self) -> Counts:
        """The sum over all days."""
        return sum(self.days.values(), Counts())

    def times_by(self, span: Span, by: str) -> list[GroupTimes]:
        """Return the times of a span by one kind of group."""
        return [found for found in self.times if found.span is span and found.by == by]


def read_report(connection: Connection, lanes: Sequence[Lane], period: Period, now: datetime) -> Report:
    """Return the figures of these lanes, which are at least one."""
    bounds = [_bounds(lane, period, now) for lane in lanes]
    totals = read_totals(connection, bounds, period)
    warehouses = {lane.name: ", ".join(view.warehouse.connection for view in lane.views()) for lane in lanes}
    times = count_times(totals.times, warehouses)
    blocking = repo.causes(connection, bounds, _MOST_CAUSES)
    progress = changes.progress(connection)
    return Report(
        lanes=tuple(totals.by_lane),
        period=period,
        as_of=progress.refreshed_at if progress else None,
        promised=any(lane.reports.promise for lane in lanes),
        days=totals.by_day,
        by_lane=totals.by_lane,
        times=tuple(_times(times, repo.carriers(connection))),
        causes=tuple(_blocking(row) for row in blocking[:MOST_ROWS]),
        skus=_skus(blocking),
        exceptions=tuple(_exception(row) for row in repo.exceptions(connection, bounds, BY_POLICY)),
    )


def _bounds(lane: Lane, period: Period, now: datetime) -> dict[str, Any]:
    since, until = period.bounds(lane.store.zone())
    promise = lane.reports.promise
    zone = ZoneInfo(promise.time_zone) if promise and promise.time_zone else lane.store.zone()
    return {"lane": lane.name, "since": since, "until": until, "today": now.astimezone(zone).date()}


def _times(found: AllTimes, carriers: Mapping[int, str]) -> Iterator[GroupTimes]:
    named: dict[str, dict[tuple[Span, str], Times]] = {
        "all": {(span, ""): times for span, times in found.overall.items()},
        "lane": dict(found.lanes),
        "warehouse": dict(found.groups),
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
