"""What a report reads: totals of days, and what blocked orders or needed a decision."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

_LANES = "jsonb_to_recordset(CAST(:lanes AS jsonb)) AS l(lane text, since timestamptz, until timestamptz, today date)"

_RANGES = "unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS r(first, last)"

# Whether a promise was kept is known once the day is over.
_COUNTS = text(
    f"""
    SELECT d.day, d.lane, sum(d.placed)::int AS placed, sum(d.sent)::int AS sent, sum(d.shipped)::int AS shipped,
           sum(d.posted)::int AS posted, sum(d.cancelled_before)::int AS cancelled_before,
           sum(d.cancelled_after)::int AS cancelled_after,
           coalesce(sum(d.due) FILTER (WHERE d.day < l.today), 0)::int AS due,
           coalesce(sum(d.kept) FILTER (WHERE d.day < l.today), 0)::int AS kept,
           sum(d.partly)::int AS partly, sum(d.split)::int AS split
    FROM {_LANES} CROSS JOIN {_RANGES}
    JOIN report_day d ON d.lane = l.lane AND d.day BETWEEN r.first AND r.last
    GROUP BY GROUPING SETS ((d.day), (d.lane))
    """  # noqa: S608 - a constant of this module
)

_TIMES = text(
    f"""
    SELECT d.lane, string_agg(d.times, '') AS times
    FROM unnest(CAST(:names AS text[])) AS l(lane) CROSS JOIN {_RANGES}
    JOIN report_day d ON d.lane = l.lane AND d.day BETWEEN r.first AND r.last
    WHERE d.times <> '' GROUP BY d.lane
    """  # noqa: S608 - a constant of this module
)

_CARRIERS = text("SELECT id, name FROM report_carrier")

# An order that one cause blocked several times counts once for it.
_CAUSES = text(
    f"""
    WITH blocked AS (
        SELECT b.lane, b.cause_id, b.fulfillment_order_id, sum(extract(epoch FROM
                   least(coalesce(b.ended_at, clock_timestamp()), l.until) - greatest(b.began_at, l.since))) AS seconds
        FROM report_block b JOIN {_LANES} ON l.lane = b.lane
        WHERE b.began_at < l.until AND coalesce(b.ended_at, clock_timestamp()) >= l.since
        GROUP BY b.lane, b.cause_id, b.fulfillment_order_id
    ), counted AS (
        SELECT lane, cause_id, count(*) AS orders, sum(seconds)::float AS seconds FROM blocked GROUP BY lane, cause_id
    )
    SELECT n.lane, c.kind, c.subject, c.message, n.orders, n.seconds
    FROM counted n LEFT JOIN cause c ON c.id = n.cause_id
    ORDER BY n.seconds DESC, n.orders DESC, n.cause_id LIMIT :most
    """  # noqa: S608 - a constant of this module
)

_EXCEPTIONS = text(
    f"""
    SELECT x.kind, x.decision, coalesce(x.decided_by = :policy, false) AS by_policy, x.closed_at IS NULL AS open,
           count(*) AS exceptions
    FROM exception x JOIN {_LANES} ON l.lane = x.lane
    WHERE x.opened_at >= l.since AND x.opened_at < l.until
    GROUP BY 1, 2, 3, 4 ORDER BY exceptions DESC, 1, 2
    """  # noqa: S608 - a constant of this module
)

Lanes = Sequence[Mapping[str, Any]]


def counts(connection: Connection, lanes: Lanes, ranges: Sequence[tuple[date, date]]) -> Sequence[Row[Any]]:
    """Return the totals of each day and those of each lane; rows without a lane are days, the others lanes.

    `ranges` are the first and last days that count; they do not overlap.
    """
    return connection.execute(_COUNTS, {"lanes": json.dumps(list(lanes), default=str), **_days(ranges)}).all()


def packed_times(
    connection: Connection, names: Sequence[str], ranges: Sequence[tuple[date, date]]
) -> dict[str, bytes]:
    """Return the packed histograms of each lane's times."""
    rows = connection.execute(_TIMES, {"names": list(names), **_days(ranges)})
    return {row.lane: bytes(row.times) for row in rows}


def _days(ranges: Sequence[tuple[date, date]]) -> dict[str, list[date]]:
    return {"firsts": [first for first, _ in ranges], "lasts": [last for _, last in ranges]}


def carriers(connection: Connection) -> dict[int, str]:
    """Return the carriers' names by their ids."""
    return {row.id: row.name for row in connection.execute(_CARRIERS)}


def causes(connection: Connection, lanes: Lanes, most: int) -> Sequence[Row[Any]]:
    """Return what blocked orders, the longest first; kind, subject and message are null where retention deleted it."""
    query = {"lanes": json.dumps(list(lanes), default=str), "most": most}
    return connection.execute(_CAUSES, query).all()


def exceptions(connection: Connection, lanes: Lanes, policy: str) -> Sequence[Row[Any]]:
    """Return how many exceptions were opened, by kind, decision, who decided, and whether they are open."""
    query = {"lanes": json.dumps(list(lanes), default=str), "policy": policy}
    return connection.execute(_EXCEPTIONS, query).all()
