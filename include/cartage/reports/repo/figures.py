"""What a report reads: totals of days, and what blocked orders or needed a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.reports.repo.places import PLACES, Places

_RANGES = "unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS r(first, last)"

# For rows l (places) and d (report_day): days of the place, and those of each warehouse of a lane.
_AT = "d.lane = l.lane AND (l.warehouse IS NULL OR d.warehouse = l.warehouse)"

# Of a lane as a whole, the days are its own; whether a promise was kept is known once the day is over.
_COUNTS = text(
    f"""
    SELECT day, lane, warehouse, sum(placed)::int AS placed, sum(sent)::int AS sent, sum(shipped)::int AS shipped,
           sum(posted)::int AS posted, sum(cancelled_before)::int AS cancelled_before,
           sum(cancelled_after)::int AS cancelled_after,
           coalesce(sum(due) FILTER (WHERE is_over), 0)::int AS due,
           coalesce(sum(kept) FILTER (WHERE is_over), 0)::int AS kept,
           sum(partly)::int AS partly, sum(split)::int AS split
    FROM (
        SELECT d.*, d.day < l.today AS is_over, d.warehouse = coalesce(l.warehouse, '') AS of_place
        FROM {PLACES} CROSS JOIN {_RANGES}
        JOIN report_day d ON {_AT} AND d.day BETWEEN r.first AND r.last
    ) found
    GROUP BY GROUPING SETS ((day, of_place), (lane, warehouse))
    HAVING lane IS NOT NULL OR of_place
    """  # noqa: S608 - constants of this module
)

_TIMES = text(
    f"""
    SELECT d.lane, d.warehouse, string_agg(d.times, '') AS times
    FROM {PLACES} CROSS JOIN {_RANGES}
    JOIN report_day d ON {_AT} AND d.day BETWEEN r.first AND r.last
    WHERE d.times <> '' GROUP BY d.lane, d.warehouse
    """  # noqa: S608 - constants of this module
).execution_options(binary_rows=True)

_CARRIERS = text("SELECT id, name FROM report_carrier")

# An order that one cause blocked several times counts once for it.
_CAUSES = text(
    f"""
    WITH blocked AS (
        SELECT b.lane, b.cause_id, b.fulfillment_order_id, sum(CAST(extract(epoch FROM
                   least(coalesce(b.ended_at, statement_timestamp()), l.until) - greatest(b.began_at, l.since)
               ) AS float)) AS seconds
        FROM report_block b JOIN {PLACES} ON l.lane = b.lane
        WHERE (l.warehouse IS NULL OR EXISTS (
                SELECT FROM fulfillment_order f WHERE f.id = b.fulfillment_order_id AND f.warehouse = l.warehouse))
          AND b.began_at < l.until AND (b.ended_at IS NULL OR b.ended_at >= l.since)
        GROUP BY b.lane, b.cause_id, b.fulfillment_order_id
    ), counted AS (
        SELECT lane, cause_id, count(*) AS orders, sum(seconds) AS seconds FROM blocked GROUP BY lane, cause_id
    )
    SELECT n.lane, c.kind, c.subject, c.message, n.orders, n.seconds
    FROM counted n LEFT JOIN cause c ON c.id = n.cause_id
    ORDER BY n.seconds DESC, n.orders DESC, n.cause_id LIMIT :most
    """  # noqa: S608 - constants of this module
)

# For rows x (exception) and f (fulfillment_order): it is about this one, or about the whole order.
_ABOUT = """
    f.sales_order_id = x.sales_order_id
    AND CASE WHEN x.fulfillment_order_id IS NULL THEN f.superseded_at IS NULL ELSE f.id = x.fulfillment_order_id END"""

_EXCEPTIONS = text(
    f"""
    SELECT x.kind, x.decision, coalesce(x.decided_by = :policy, false) AS by_policy, x.closed_at IS NULL AS open,
           count(*) AS exceptions
    FROM exception x JOIN {PLACES} ON l.lane = x.lane
    WHERE x.opened_at >= l.since AND x.opened_at < l.until
      AND (l.warehouse IS NULL OR EXISTS (
          SELECT FROM fulfillment_order f WHERE {_ABOUT} AND f.warehouse = l.warehouse))
    GROUP BY 1, 2, 3, 4 ORDER BY exceptions DESC, 1, 2
    """  # noqa: S608 - constants of this module
)

_EXCEPTIONS_AT = text(
    f"""
    SELECT x.lane, f.warehouse, count(DISTINCT x.id) AS exceptions
    FROM exception x JOIN {PLACES} ON l.lane = x.lane JOIN fulfillment_order f ON {_ABOUT}
    WHERE x.opened_at >= l.since AND x.opened_at < l.until GROUP BY x.lane, f.warehouse
    """  # noqa: S608 - constants of this module
)


def counts(connection: Connection, places: Places, ranges: Sequence[tuple[date, date]]) -> Sequence[Row[Any]]:
    """Return the totals of each day, and those of each lane and each of its warehouses.

    Rows without a lane are days. `ranges` are the first and last days that count; they do not overlap.
    """
    return connection.execute(_COUNTS, {**places.parameter, **_days(ranges)}).all()


def packed_times(
    connection: Connection, places: Places, ranges: Sequence[tuple[date, date]]
) -> dict[tuple[str, str], bytes]:
    """Return the packed histograms of the times of each lane, and of each of its warehouses."""
    rows = connection.execute(_TIMES, {**places.parameter, **_days(ranges)})
    return {(row.lane, row.warehouse): bytes(row.times) for row in rows}


def _days(ranges: Sequence[tuple[date, date]]) -> dict[str, list[date]]:
    return {"firsts": [first for first, _ in ranges], "lasts": [last for _, last in ranges]}


def carriers(connection: Connection) -> dict[int, str]:
    """Return the carriers' names by their ids."""
    return {row.id: row.name for row in connection.execute(_CARRIERS)}


def causes(connection: Connection, places: Places, most: int) -> Sequence[Row[Any]]:
    """Return what blocked orders, the longest first; kind, subject and message are null where retention deleted it."""
    return connection.execute(_CAUSES, {**places.parameter, "most": most}).all()


def exceptions(connection: Connection, places: Places, policy: str) -> Sequence[Row[Any]]:
    """Return how many exceptions were opened, by kind, decision, who decided, and whether they are open."""
    return connection.execute(_EXCEPTIONS, {**places.parameter, "policy": policy}).all()


def exceptions_at(connection: Connection, places: Places) -> dict[tuple[str, str], int]:
    """Return how many exceptions were opened at each warehouse of these lanes.

    One about an order as a whole counts at each warehouse that ships of it.
    """
    rows = connection.execute(_EXCEPTIONS_AT, places.parameter)
    return {(row.lane, row.warehouse): row.exceptions for row in rows}
