"""The facts of each fulfillment order: on which days it was placed, sent, shipped, posted, and how long that took.

They are computed from the order's events, shipments and packages, so they can be computed again at any time. The
days of an order that changed, both before and after the change, are noted as days to be counted again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.reports.histogram import MOST_CARRIERS
from cartage.reports.promise import DueDays

_CARRIERS = text(
    """
    INSERT INTO report_carrier (name)
    SELECT DISTINCT left(btrim(p.carrier), 100) FROM shipment h JOIN package p ON p.shipment_id = h.id
    WHERE h.fulfillment_order_id = ANY(:ids) AND btrim(p.carrier) <> ''
      AND NOT EXISTS (SELECT FROM report_carrier c WHERE c.name = left(btrim(p.carrier), 100))
    """
)

_RULES = (
    "jsonb_to_recordset(CAST(:rules AS jsonb)) AS r(lane text, zone text, promise_zone text, cutoff time)"
)

_PLACED = text(
    f"""
    SELECT DISTINCT r.lane, (s.ordered_at AT TIME ZONE r.promise_zone)::date AS day
    FROM {_RULES} JOIN fulfillment_order f ON f.lane = r.lane JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.id = ANY(:ids) AND r.promise_zone IS NOT NULL AND s.ordered_at IS NOT NULL
    """  # noqa: S608 - a constant of this module
)

# What the store's old system sent was not sent by Cartage, and what it skips is not to be shipped. Where the warehouse
# reports no time of shipping, the time counts at which Cartage read of it.
_FACTS = text(
    f"""
    WITH moves AS (
        SELECT e.fulfillment_order_id AS id,
               min(e.at) FILTER (WHERE e.to_state = 'acknowledged') AS sent_at,
               max(e.at) FILTER (WHERE e.to_state = 'shipped') AS shipped_at,
               max(e.at) FILTER (WHERE e.to_state = 'cancelled') AS cancelled_at,
               bool_or(e.to_state = 'partially_shipped') AS partly
        FROM event e WHERE e.fulfillment_order_id = ANY(:ids) AND e.to_state IS NOT NULL
        GROUP BY e.fulfillment_order_id
    ), parcels AS (
        SELECT h.fulfillment_order_id AS id, max(h.shipped_at) AS shipped_at, count(p.id) AS packages,
               (array_agg(left(btrim(p.carrier), 100) ORDER BY h.id, p.position)
                   FILTER (WHERE btrim(p.carrier) <> ''))[1] AS carrier,
               CASE WHEN bool_and(p.posted_at IS NOT NULL OR p.unfit_at IS NOT NULL) THEN max(p.posted_at) END
                   AS posted_at
        FROM shipment h LEFT JOIN package p ON p.shipment_id = h.id AND p.voided_at IS NULL
        WHERE h.fulfillment_order_id = ANY(:ids) AND NOT h.voided
        GROUP BY h.fulfillment_order_id
    ), instants AS (
        SELECT f.id, f.lane, coalesce(r.zone, 'UTC') AS zone, r.promise_zone, r.cutoff, coalesce(c.id, 0) AS carrier_id,
               CASE WHEN f.state <> 'skipped' AND f.superseded_at IS NULL THEN s.ordered_at END AS placed_at,
               CASE WHEN f.adopted_as IS NULL THEN m.sent_at END AS sent_at,
               CASE WHEN f.state = 'shipped' THEN coalesce(p.shipped_at, m.shipped_at) END AS shipped_at,
               CASE WHEN f.state = 'shipped' THEN p.posted_at END AS posted_at,
               CASE WHEN f.state = 'cancelled' THEN m.cancelled_at END AS cancelled_at,
               f.state NOT IN ('skipped', 'cancelled') AND f.superseded_at IS NULL AS to_ship,
               coalesce(m.partly, false) AS partly, coalesce(p.packages, 0) AS packages
        FROM fulfillment_order f
        JOIN sales_order s ON s.id = f.sales_order_id
        LEFT JOIN {_RULES} ON r.lane = f.lane
        LEFT JOIN moves m ON m.id = f.id
        LEFT JOIN parcels p ON p.id = f.id
        LEFT JOIN report_carrier c ON c.name = p.carrier AND c.id < {MOST_CARRIERS}
        WHERE f.id = ANY(:ids)
    ), promised AS (
        SELECT i.*, CASE WHEN (i.placed_at AT TIME ZONE i.promise_zone)::time < i.cutoff
                        THEN d.before_cutoff ELSE d.after_cutoff END AS due_on
        FROM instants i
        LEFT JOIN jsonb_to_recordset(CAST(:due AS jsonb))
                AS d(lane text, day date, before_cutoff date, after_cutoff date)
            ON i.to_ship AND d.lane = i.lane AND d.day = (i.placed_at AT TIME ZONE i.promise_zone)::date
    ), facts AS (
        SELECT id AS fulfillment_order_id, lane, carrier_id,
               (placed_at AT TIME ZONE zone)::date AS placed_on,
               (sent_at AT TIME ZONE zone)::date AS sent_on,
               (shipped_at AT TIME ZONE zone)::date AS shipped_on,
               (posted_at AT TIME ZONE zone)::date AS posted_on,
               (cancelled_at AT TIME ZONE zone)::date AS cancelled_on,
               due_on, (shipped_at AT TIME ZONE promise_zone)::date <= due_on AS kept,
               {{placed_to_sent}} AS placed_to_sent,
               {{sent_to_shipped}} AS sent_to_shipped,
               {{shipped_to_posted}} AS shipped_to_posted,
               partly, packages::int AS packages
        FROM promised
    ), stored AS (
        INSERT INTO report_order AS o (fulfillment_order_id, lane, carrier_id, placed_on, sent_on, shipped_on,
            posted_on, cancelled_on, due_on, kept, placed_to_sent, sent_to_shipped, shipped_to_posted, partly, packages)
        SELECT * FROM facts ORDER BY fulfillment_order_id
        ON CONFLICT (fulfillment_order_id) DO UPDATE SET
            lane = excluded.lane, carrier_id = excluded.carrier_id, placed_on = excluded.placed_on,
            sent_on = excluded.sent_on, shipped_on = excluded.shipped_on, posted_on = excluded.posted_on,
            cancelled_on = excluded.cancelled_on, due_on = excluded.due_on, kept = excluded.kept,
            placed_to_sent = excluded.placed_to_sent, sent_to_shipped = excluded.sent_to_shipped,
            shipped_to_posted = excluded.shipped_to_posted, partly = excluded.partly, packages = excluded.packages
            WHERE o.* IS DISTINCT FROM excluded.*
        RETURNING fulfillment_order_id
    ), noted AS (
        INSERT INTO report_dirty (lane, day)
        SELECT DISTINCT changed.lane, day FROM (
            SELECT lane, ARRAY[placed_on, sent_on, shipped_on, posted_on, cancelled_on, due_on] AS days
            FROM facts JOIN stored USING (fulfillment_order_id)
            UNION ALL
            SELECT lane, ARRAY[placed_on, sent_on, shipped_on, posted_on, cancelled_on, due_on]
            FROM report_order JOIN stored USING (fulfillment_order_id)
        ) changed CROSS JOIN LATERAL unnest(changed.days) AS day
        WHERE day IS NOT NULL ORDER BY 1, 2
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) FROM stored
    """.format(  # noqa: S608 - constants of this module
        **{
            f"{start}_to_{end}": f"least(greatest(extract(epoch FROM {end}_at - {start}_at), 0), 2147483647)::int"
            for start, end in (("placed", "sent"), ("sent", "shipped"), ("shipped", "posted"))
        }
    )
)

_UNBLOCK = text("DELETE FROM report_block WHERE fulfillment_order_id = ANY(:ids)")

_BLOCK = text(
    """
    INSERT INTO report_block (fulfillment_order_id, cause_id, began_at, ended_at, lane)
    SELECT m.id, cause_id, m.at, m.ended_at, m.lane FROM (
        SELECT fulfillment_order_id AS id, lane, at, to_state, cause_ids,
               lead(at) OVER (PARTITION BY fulfillment_order_id ORDER BY id) AS ended_at
        FROM event WHERE fulfillment_order_id = ANY(:ids) AND to_state IS NOT NULL
    ) m CROSS JOIN LATERAL unnest(m.cause_ids) AS cause_id
    WHERE m.to_state = 'blocked'
    ORDER BY m.id, cause_id
    ON CONFLICT DO NOTHING
    """
)


def placed_days(
    connection: Connection, ids: Sequence[int], rules: Sequence[Mapping[str, Any]]
) -> dict[str, set[date]]:
    """Return the days on which these orders were placed, by the lanes with a promise, in the promise's time zone."""
    days: dict[str, set[date]] = {}
    for row in connection.execute(_PLACED, {"ids": list(ids), "rules": json.dumps(list(rules))}):
        days.setdefault(row.lane, set()).add(row.day)
    return days


def store_facts(
    connection: Connection,
    ids: Sequence[int],
    rules: Sequence[Mapping[str, Any]],
    due: Mapping[str, Sequence[DueDays]],
) -> int:
    """Compute the facts of these fulfillment orders again; return how many changed.

    `rules` are each lane's time zone, and the time zone and cutoff of its promise; `due` are the due days of its days.
    """
    connection.execute(_CARRIERS, {"ids": list(ids)})
    days = [
        {
            "lane": lane,
            "day": f"{found.day}",
            "before_cutoff": f"{found.before_cutoff}",
            "after_cutoff": f"{found.after_cutoff}",
        }
        for lane, calendar in due.items()
        for found in calendar
    ]
    query = {"ids": list(ids), "rules": json.dumps(list(rules)), "due": json.dumps(days)}
    changed: int = connection.execute(_FACTS, query).scalar_one()
    connection.execute(_UNBLOCK, {"ids": list(ids)})
    connection.execute(_BLOCK, {"ids": list(ids)})
    return changed


_LANES = text("SELECT lane, rules, time_zone FROM report_lane ORDER BY lane")

_KEEP_LANE = text(
    """
    INSERT INTO report_lane (lane, rules, time_zone) VALUES (:lane, :rules, :time_zone)
    ON CONFLICT (lane) DO UPDATE SET rules = excluded.rules, time_zone = excluded.time_zone
    """
)

_OF_LANE = text(
    """
    SELECT fulfillment_order_id AS id FROM report_order
    WHERE lane = :lane AND fulfillment_order_id > :after ORDER BY fulfillment_order_id LIMIT :size
    """
)


def counted_lanes(connection: Connection) -> dict[str, Row[Any]]:
    """Return the lanes that were counted, by name: the digest of their rules, and their time zone."""
    return {row.lane: row for row in connection.execute(_LANES)}


def record_rules(connection: Connection, lane: str, rules: str, time_zone: str) -> None:
    """Record the rules by which the lane's days are counted."""
    connection.execute(_KEEP_LANE, {"lane": lane, "rules": rules, "time_zone": time_zone})


def orders_of_lane(connection: Connection, lane: str, after: int, size: int) -> list[int]:
    """Return the next orders of a lane that have facts, in order of their ids."""
    rows = connection.execute(_OF_LANE, {"lane": lane, "after": after, "size": size})
    return [row.id for row in rows]
