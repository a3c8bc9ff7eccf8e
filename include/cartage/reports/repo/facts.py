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

# Each lane's time zone; and the time zone and cutoff of each promise, without a warehouse that of the lane.
_ZONES = "jsonb_to_recordset(CAST(:zones AS jsonb)) AS z(lane text, zone text)"
_PROMISES = "jsonb_to_recordset(CAST(:promises AS jsonb)) AS {name}(lane text, warehouse text, zone text, cutoff time)"

# An order that several warehouses ship has facts as a whole, which follow from all of its parts.
_WITH_PARTS = text(
    """
    SELECT DISTINCT p.id FROM fulfillment_order f
    JOIN fulfillment_order p ON p.sales_order_id = f.sales_order_id AND p.shipment_id = f.shipment_id
    WHERE f.id = ANY(:ids) ORDER BY p.id
    """
)

_PLACED = text(
    f"""
    SELECT DISTINCT p.lane, p.warehouse, (s.ordered_at AT TIME ZONE p.zone)::date AS day
    FROM {_PROMISES.format(name="p")}
    JOIN fulfillment_order f ON f.lane = p.lane AND p.warehouse IN (f.warehouse, '')
    JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.id = ANY(:ids) AND s.ordered_at IS NOT NULL
    """  # noqa: S608 - a constant of this module
)

# The days on which a row counts, and where: for the lane as a whole, for its warehouse, or for both.
_DIRTY_COLUMNS = """
    lane, ARRAY[placed_on, sent_on, shipped_on, posted_on, cancelled_on, due_on] AS days,
    ARRAY[CASE WHEN of_lane THEN '' END, CASE WHEN of_warehouse AND warehouse <> '' THEN warehouse END] AS places
"""

# What the store's old system sent was not sent by Cartage, and what it skips is not to be shipped. Where the warehouse
# reports no time of shipping, the time counts at which Cartage read of it. An order that several warehouses ship was
# sent, shipped or posted once all parts of it were that are to ship.
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
    ), promise AS MATERIALIZED (
        SELECT lane, warehouse, zone, cutoff FROM {_PROMISES.format(name="p")}
    ), instants AS (
        SELECT f.id, f.lane, f.warehouse, f.sales_order_id, f.shipment_id,
               coalesce(z.zone, 'UTC') AS zone, promise.warehouse AS promised_by, promise.zone AS promise_zone,
               promise.cutoff, coalesce(c.id, 0) AS carrier_id,
               f.state <> 'skipped' AND f.superseded_at IS NULL AS live,
               CASE WHEN f.state <> 'skipped' AND f.superseded_at IS NULL THEN s.ordered_at END AS placed_at,
               CASE WHEN f.adopted_as IS NULL THEN m.sent_at END AS sent_at,
               CASE WHEN f.state = 'shipped' THEN coalesce(p.shipped_at, m.shipped_at) END AS shipped_at,
               CASE WHEN f.state = 'shipped' THEN p.posted_at END AS posted_at,
               CASE WHEN f.state = 'cancelled' THEN m.cancelled_at END AS cancelled_at,
               f.state NOT IN ('skipped', 'cancelled') AND f.superseded_at IS NULL AS to_ship,
               coalesce(m.partly, false) AS partly, coalesce(p.packages, 0) AS packages
        FROM fulfillment_order f
        JOIN sales_order s ON s.id = f.sales_order_id
        LEFT JOIN {_ZONES} ON z.lane = f.lane
        LEFT JOIN promise own ON own.lane = f.lane AND own.warehouse = f.warehouse
        LEFT JOIN promise ON promise.lane = f.lane AND promise.warehouse = coalesce(own.warehouse, '')
        LEFT JOIN moves m ON m.id = f.id
        LEFT JOIN parcels p ON p.id = f.id
        LEFT JOIN report_carrier c ON c.name = p.carrier AND c.id < {MOST_CARRIERS}
        WHERE f.id = ANY(:ids)
    ), promised AS (
        SELECT i.*, CASE WHEN (i.placed_at AT TIME ZONE i.promise_zone)::time < i.cutoff
                        THEN d.before_cutoff ELSE d.after_cutoff END AS due_on
        FROM instants i
        LEFT JOIN jsonb_to_recordset(CAST(:due AS jsonb))
                AS d(lane text, warehouse text, day date, before_cutoff date, after_cutoff date)
            ON i.to_ship AND d.lane = i.lane AND d.warehouse = i.promised_by
               AND d.day = (i.placed_at AT TIME ZONE i.promise_zone)::date
    ), parts AS (
        SELECT p.*, (p.shipped_at AT TIME ZONE p.promise_zone)::date <= p.due_on AS kept,
               p.live AND count(*) FILTER (WHERE p.live) OVER (PARTITION BY p.sales_order_id, p.shipment_id) > 1
                   AS divided
        FROM promised p
    ), wholes AS (
        SELECT min(id) AS id, lane, zone,
               coalesce((array_agg(carrier_id ORDER BY id) FILTER (WHERE carrier_id > 0))[1], 0) AS carrier_id,
               min(placed_at) AS placed_at,
               CASE WHEN NOT bool_or(to_ship) THEN max(sent_at) WHEN {{all_sent}} THEN {{last_sent}} END AS sent_at,
               CASE WHEN {{all_shipped}} THEN {{last_shipped}} END AS shipped_at,
               CASE WHEN {{all_posted}} THEN {{last_posted}} END AS posted_at,
               CASE WHEN NOT bool_or(to_ship) THEN max(cancelled_at) END AS cancelled_at,
               max(due_on) AS due_on,
               CASE WHEN {{all_shipped}} THEN bool_and(kept) FILTER (WHERE to_ship) END AS kept,
               bool_or(partly)
                   OR count(DISTINCT (shipped_at AT TIME ZONE zone)::date) FILTER (WHERE to_ship) > 1 AS partly,
               sum(packages) FILTER (WHERE to_ship) AS packages
        FROM parts WHERE divided GROUP BY sales_order_id, shipment_id, lane, zone
    ), counting AS (
        SELECT id, true AS of_warehouse, NOT divided AS of_lane, lane, warehouse, zone, carrier_id, placed_at, sent_at,
               shipped_at, posted_at, cancelled_at, due_on, kept, partly, packages
        FROM parts
        UNION ALL
        SELECT id, false, true, lane, '', zone, carrier_id, placed_at, sent_at, shipped_at, posted_at, cancelled_at,
               due_on, kept, partly, coalesce(packages, 0)
        FROM wholes
    ), facts AS (
        SELECT id AS fulfillment_order_id, of_warehouse, of_lane, lane, warehouse, carrier_id,
               (placed_at AT TIME ZONE zone)::date AS placed_on,
               (sent_at AT TIME ZONE zone)::date AS sent_on,
               (shipped_at AT TIME ZONE zone)::date AS shipped_on,
               (posted_at AT TIME ZONE zone)::date AS posted_on,
               (cancelled_at AT TIME ZONE zone)::date AS cancelled_on,
               due_on, kept,
               {{placed_to_sent}} AS placed_to_sent,
               {{sent_to_shipped}} AS sent_to_shipped,
               {{shipped_to_posted}} AS shipped_to_posted,
               partly, packages::int AS packages
        FROM counting
    ), gone AS (
        DELETE FROM report_order o WHERE o.fulfillment_order_id = ANY(:ids) AND NOT o.of_warehouse
          AND NOT EXISTS (
              SELECT FROM facts f WHERE f.fulfillment_order_id = o.fulfillment_order_id AND NOT f.of_warehouse)
        RETURNING {_DIRTY_COLUMNS}
    ), stored AS (
        INSERT INTO report_order AS o (fulfillment_order_id, of_warehouse, of_lane, lane, warehouse, carrier_id,
            placed_on, sent_on, shipped_on, posted_on, cancelled_on, due_on, kept, placed_to_sent, sent_to_shipped,
            shipped_to_posted, partly, packages)
        SELECT * FROM facts ORDER BY fulfillment_order_id, of_warehouse
        ON CONFLICT (fulfillment_order_id, of_warehouse) DO UPDATE SET
            of_lane = excluded.of_lane, lane = excluded.lane, warehouse = excluded.warehouse,
            carrier_id = excluded.carrier_id, placed_on = excluded.placed_on,
            sent_on = excluded.sent_on, shipped_on = excluded.shipped_on, posted_on = excluded.posted_on,
            cancelled_on = excluded.cancelled_on, due_on = excluded.due_on, kept = excluded.kept,
            placed_to_sent = excluded.placed_to_sent, sent_to_shipped = excluded.sent_to_shipped,
            shipped_to_posted = excluded.shipped_to_posted, partly = excluded.partly, packages = excluded.packages
            WHERE o.* IS DISTINCT FROM excluded.*
        RETURNING fulfillment_order_id, of_warehouse
    ), noted AS (
        INSERT INTO report_dirty (lane, day, warehouse)
        SELECT DISTINCT changed.lane, day, place FROM (
            SELECT {_DIRTY_COLUMNS} FROM facts JOIN stored USING (fulfillment_order_id, of_warehouse)
            UNION ALL
            SELECT {_DIRTY_COLUMNS} FROM report_order JOIN stored USING (fulfillment_order_id, of_warehouse)
            UNION ALL
            SELECT * FROM gone
        ) changed
        CROSS JOIN LATERAL unnest(changed.days) AS day
        CROSS JOIN LATERAL unnest(changed.places) AS place
        WHERE day IS NOT NULL AND place IS NOT NULL ORDER BY 1, 2, 3
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) FILTER (WHERE of_warehouse) FROM stored
    """.format(  # noqa: S608 - constants of this module
        **{
            f"all_{what}": f"bool_and({what}_at IS NOT NULL) FILTER (WHERE to_ship)"
            for what in ("sent", "shipped", "posted")
        },
        **{
            f"last_{what}": f"max({what}_at) FILTER (WHERE to_ship)" for what in ("sent", "shipped", "posted")
        },
        **{
            f"{start}_to_{end}": f"least(greatest(extract(epoch FROM {end}_at - {start}_at), 0), 2147483647)::int"
            for start, end in (("placed", "sent"), ("sent", "shipped"), ("shipped", "posted"))
        },
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


Promised = tuple[str, str]
"""A lane and the one of its warehouses that has a promise of its own; without a warehouse the lane's promise."""


def with_parts(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Return these fulfillment orders, and all others of the same ship-to groups."""
    return list(connection.execute(_WITH_PARTS, {"ids": list(ids)}).scalars())


def placed_days(
    connection: Connection, ids: Sequence[int], promises: Sequence[Mapping[str, Any]]
) -> dict[Promised, set[date]]:
    """Return the days on which these orders were placed, by the promise that may count, in its time zone."""
    days: dict[Promised, set[date]] = {}
    for row in connection.execute(_PLACED, {"ids": list(ids), "promises": json.dumps(list(promises))}):
        days.setdefault((row.lane, row.warehouse), set()).add(row.day)
    return days


def store_facts(
    connection: Connection,
    ids: Sequence[int],
    zones: Mapping[str, str],
    promises: Sequence[Mapping[str, Any]],
    due: Mapping[Promised, Sequence[DueDays]],
) -> int:
    """Compute the facts of these fulfillment orders again; return how many changed.

    Of an order that several warehouses ship, all parts must be among them. `zones` are the lanes' time zones,
    `promises` the time zone and cutoff of each promise, and `due` the due days of its days.
    """
    connection.execute(_CARRIERS, {"ids": list(ids)})
    days = [
        {
            "lane": lane,
            "warehouse": warehouse,
            "day": f"{found.day}",
            "before_cutoff": f"{found.before_cutoff}",
            "after_cutoff": f"{found.after_cutoff}",
        }
        for (lane, warehouse), calendar in due.items()
        for found in calendar
    ]
    query = {
        "ids": list(ids),
        "zones": json.dumps([{"lane": lane, "zone": zone} for lane, zone in zones.items()]),
        "promises": json.dumps(list(promises)),
        "due": json.dumps(days),
    }
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
    WHERE lane = :lane AND of_warehouse AND fulfillment_order_id > :after ORDER BY fulfillment_order_id LIMIT :size
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
