"""A report as tables: for people, and for programs and spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from cartage.reports.histogram import Span
from cartage.spreadsheets.writing import CellValue

if TYPE_CHECKING:
    from cartage.reports.counts import Counts
    from cartage.reports.figures import Report

SPAN_NAMES = {
    Span.PLACED_TO_SENT: "placed to sent",
    Span.SENT_TO_SHIPPED: "sent to shipped",
    Span.SHIPPED_TO_POSTED: "shipped to posted",
}
_IDENTIFIERS = frozenset({"kind", "outcome"})
GROUPS = ("all", "lane", "warehouse", "carrier", "weekday")


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, from 0 to 1."""

    value: float


TableCell = str | int | date | timedelta | Share | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for programs, and its heading for people."""

    name: str
    heading: str


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One table of a report."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[TableCell, ...], ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings for people."""
        return tuple(column.heading for column in self.columns)

    def shown(self) -> Iterator[tuple[str, ...]]:
        """Yield the rows as people read them; identifiers become words."""
        named = [place for place, column in enumerate(self.columns) if column.name in _IDENTIFIERS]
        for row in self.rows:
            cells = [shown(cell) for cell in row]
            for place in named:
                cells[place] = cells[place].replace("_", " ")
            yield tuple(cells)

    def without(self, *names: str) -> ReportTable:
        """Return the table without these columns."""
        kept = [place for place, column in enumerate(self.columns) if column.name not in names]
        columns = tuple(self.columns[place] for place in kept)
        return replace(
            self, columns=columns, rows=tuple(tuple(row[place] for place in kept) for row in self.rows)
        )

    def only(self, column: str, *values: TableCell) -> ReportTable:
        """Return the table with the rows that have one of these values in a column."""
        [place] = [place for place, found in enumerate(self.columns) if found.name == column]
        return replace(self, rows=tuple(row for row in self.rows if row[place] in values))

    def reverse(self) -> ReportTable:
        """Return the table with its last row first."""
        return replace(self, rows=self.rows[::-1])

    def first(self, most: int) -> ReportTable:
        """Return the table with no more rows than these."""
        return replace(self, rows=self.rows[:most])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns for programs; those of times and shares say their unit."""
        return tuple(column.name for column in self.columns)

    def values(self) -> Iterator[tuple[CellValue, ...]]:
        """Yield the rows for programs: times in seconds, shares from 0 to 1."""
        for row in self.rows:
            yield tuple(_value(cell) for cell in row)

    def documents(self) -> list[dict[str, CellValue]]:
        """Return the rows as documents."""
        return [dict(zip(self.names, row, strict=True)) for row in self.values()]


def shown(cell: TableCell) -> str:
    """Return a cell as people read it."""
    match cell:
        # A table has thousands of cells, and most are these.
        case int():
            return f"{cell:,}"
        case str():
            return cell
        case None:
            return ""
        case timedelta():
            return time_text(cell)
        case Share():
            return f"{cell.value:.1%}"
        case _:
            return str(cell)


def time_text(time: timedelta) -> str:
    """Return a length of time in its two largest units: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    seconds = round(time.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return _units(*divmod(minutes, 60), "h", "min")
    return _units(*divmod(round(minutes / 60), 24), "d", "h")


def tables_of(report: Report) -> list[ReportTable]:
    """Return the tables of a report.

    Columns about the promise are there if a lane has one, and the table of warehouses if a lane has several.
    """
    return [
        _throughput(report),
        _lanes(report),
        *([_warehouses(report)] if report.warehouses else []),
        _times(report),
        _causes(report),
        _skus(report),
        _exceptions(report),
    ]


def _throughput(report: Report) -> ReportTable:
    columns = [
        Column("day", "day"),
        Column("placed", "placed"),
        Column("sent", "sent"),
        Column("shipped", "shipped"),
        Column("posted", "posted"),
        Column("cancelled", "cancelled"),
    ]
    rows = [
        [
            day,
            counts.placed,
            counts.sent,
            counts.shipped,
            counts.posted,
            counts.cancelled,
            *_kept(report, counts),
        ]
        for day, counts in report.days.items()
    ]
    return _table("throughput", "Throughput by day", [*columns, *_promise_columns(report)], rows)


def _lanes(report: Report) -> ReportTable:
    columns = [Column("lane", "lane"), *_COUNTED, *_promise_columns(report)]
    rows = [[lane, *_counted(report, counts)] for lane, counts in report.by_lane.items()]
    return _table("lanes", "Lanes", columns, rows)


def _warehouses(report: Report) -> ReportTable:
    columns = [
        Column("lane", "lane"),
        Column("warehouse", "warehouse"),
        *_COUNTED,
        *_promise_columns(report),
        Column("exceptions", "exceptions"),
    ]
    rows = [
        [found.lane, found.warehouse, *_counted(report, found.counts), found.exceptions]
        for found in report.warehouses
    ]
    return _table("warehouses", "Warehouses", columns, rows)


_COUNTED = (
    Column("placed", "placed"),
    Column("sent", "sent"),
    Column("shipped", "shipped"),
    Column("posted", "posted"),
    Column("cancelled_before", "cancelled before sending"),
    Column("cancelled_after", "cancelled at the warehouse"),
    Column("partly", "shipped partly first"),
    Column("split", "in several packages"),
)


def _counted(report: Report, counts: Counts) -> list[TableCell]:
    cells: list[TableCell] = [getattr(counts, column.name) for column in _COUNTED]
    return [*cells, *_kept(report, counts)]


def _times(report: Report) -> ReportTable:
    columns = (
        Column("span", "time"),
        Column("by", "by"),
        Column("name", "name"),
        Column("orders", "orders"),
        Column("median_seconds", "median"),
        Column("p90_seconds", "90 % within"),
    )
    rows = [
        (
            SPAN_NAMES[found.span],
            found.by,
            found.name,
            found.times.orders,
            found.times.median,
            found.times.p90,
        )
        for by in GROUPS
        for span in Span
        for found in report.times_by(span, by)
    ]
    return _table("times", "Times", columns, rows)


def _causes(report: Report) -> ReportTable:
    columns = (
        Column("lane", "lane"),
        Column("kind", "kind"),
        Column("subject", "subject"),
        Column("cause", "cause"),
        Column("orders", "orders blocked"),
        Column("blocked_seconds", "time lost"),
    )
    rows = [
        (cause.lane, cause.kind, cause.subject, cause.message, cause.orders, cause.blocked)
        for cause in report.causes
    ]
    return _table("causes", "What blocked orders", columns, rows)


def _skus(report: Report) -> ReportTable:
    columns = (
        Column("sku", "SKU"),
        Column("orders", "orders blocked"),
        Column("blocked_seconds", "time lost"),
    )
    rows = [(found.sku, found.orders, found.blocked) for found in report.skus]
    return _table("skus", "SKUs that block most", columns, rows)


def _exceptions(report: Report) -> ReportTable:
    columns = (
        Column("kind", "kind"),
        Column("outcome", "decision"),
        Column("decided_by", "decided by"),
        Column("exceptions", "exceptions"),
    )
    rows = [
        (found.kind, found.outcome, "the lane's settings" if found.by_policy else "", found.exceptions)
        for found in report.exceptions
    ]
    return _table("exceptions", "Exceptions and how they were decided", columns, rows)


def _promise_columns(report: Report) -> list[Column]:
    if not report.promised:
        return []
    return [Column("due", "due"), Column("kept", "shipped in time"), Column("kept_share", "share in time")]


def _kept(report: Report, counts: Counts) -> list[TableCell]:
    if not report.promised:
        return []
    share = counts.share_kept
    return [counts.due, counts.kept, None if share is None else Share(share)]


def _table(
    name: str, title: str, columns: Sequence[Column], rows: Sequence[Sequence[TableCell]]
) -> ReportTable:
    return ReportTable(name, title, tuple(columns), tuple(tuple(row) for row in rows))


def _units(large: int, small: int, unit: str, smaller: str) -> str:
    return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"


def _value(cell: TableCell) -> CellValue:
    match cell:
        case timedelta():
            return round(cell.total_seconds())
        case Share():
            return round(cell.value, 4)
        case _:
            return cell
