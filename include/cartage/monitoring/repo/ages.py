"""How many orders wait for each step, and since when: for alerts and metrics. Each query reads open orders only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

NOT_ACKNOWLEDGED = "not_acknowledged"
NOT_SHIPPED = "not_shipped"
NOT_POSTED_BACK = "not_posted_back"
UNKNOWN = "unknown"

# An order waits for Cartage since it last entered one of these states; moving between them does not reset its age.
_WAITING = "('imported', 'ready', 'sending')"

_LATE = text(
    f"""
    WITH late (kind, id, since) AS (
        SELECT 'not_acknowledged', f.id, w.since
        FROM fulfillment_order f, LATERAL (
            SELECT coalesce(min(e.at), f.created_at) AS since FROM event e
            WHERE e.fulfillment_order_id = f.id AND e.to_state IN {_WAITING}
              AND e.id > coalesce((
                  SELECT max(o.id) FROM event o
                  WHERE o.fulfillment_order_id = f.id AND o.to_state NOT IN {_WAITING}), 0)
        ) w
        WHERE f.lane = :lane AND f.state IN {_WAITING} AND f.superseded_at IS NULL AND f.cancel_wanted_at IS NULL
          AND f.created_at < CAST(:not_acknowledged AS timestamptz)
          AND w.since < CAST(:not_acknowledged AS timestamptz)
        UNION ALL
        SELECT 'unknown', f.id, f.state_since FROM fulfillment_order f
        WHERE f.lane = :lane AND f.state = 'unknown' AND f.superseded_at IS NULL
          AND f.state_since < CAST(:unknown AS timestamptz)
        UNION ALL
        SELECT 'not_shipped', f.id, f.state_since FROM fulfillment_order f
        WHERE f.lane = :lane AND f.state IN ('acknowledged', 'partially_shipped') AND f.superseded_at IS NULL
          AND f.state_since < CAST(:not_shipped AS timestamptz)
        UNION ALL
        -- Processing: what mark_processing would post if the store accepted it.
        SELECT 'not_posted_back', f.id, f.state_since
        FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
        WHERE f.lane = :lane AND f.state = 'acknowledged' AND f.superseded_at IS NULL
          AND s.posted_status IS NULL AND s.person_status IS NULL
          AND f.state_since < CAST(:not_posted_back AS timestamptz)
          AND NOT EXISTS (
              SELECT FROM fulfillment_order o WHERE o.sales_order_id = s.id AND o.superseded_at IS NULL
                AND o.state NOT IN ('acknowledged', 'partially_shipped', 'shipped', 'cancelled', 'skipped'))
        UNION ALL
        -- Tracking. None is due for an order that is gone from the store, or that needs a decision first.
        SELECT 'not_posted_back', f.id, min(h.first_seen_at)
        FROM package p JOIN shipment h ON h.id = p.shipment_id
        JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
        JOIN sales_order s ON s.id = f.sales_order_id
        WHERE p.posted_at IS NULL AND p.unfit_at IS NULL AND NOT h.voided AND f.lane = :lane
          AND f.state IN ('partially_shipped', 'shipped') AND s.person_status IS DISTINCT FROM 0
          AND h.first_seen_at < CAST(:not_posted_back AS timestamptz)
          AND NOT EXISTS (
              SELECT FROM exception x WHERE x.sales_order_id = s.id AND x.kind = 'put_back' AND x.ended_at IS NULL)
        GROUP BY f.id
    ), counted AS (
        -- What is late for the store is not late at one of several warehouses.
        SELECT l.kind, CASE WHEN l.kind = 'not_posted_back' THEN '' ELSE f.warehouse END AS warehouse,
               count(*) AS orders, min(l.since) AS oldest, (array_agg(f.id ORDER BY l.since, f.id))[1:3] AS ids
        FROM late l JOIN fulfillment_order f USING (id) GROUP BY 1, 2
    )
    SELECT c.kind, c.warehouse, c.orders, c.oldest,
           (SELECT array_agg(f.reference ORDER BY listed.place)
            FROM unnest(c.ids) WITH ORDINALITY AS listed(id, place) JOIN fulfillment_order f USING (id)) AS examples
    FROM counted c ORDER BY c.kind, c.warehouse
    """  # noqa: S608 - a constant of this module
)

_STUCK = text(
    """
    SELECT f.state AS kind, f.warehouse, count(*) AS orders, min(f.state_since) AS oldest, max(f.state_since) AS newest,
           (array_agg(f.reference ORDER BY f.state_since, f.id))[1:3] AS examples
    FROM fulfillment_order f
    WHERE f.lane = :lane AND f.state IN ('conflict', 'rejected') AND f.superseded_at IS NULL
    GROUP BY f.state, f.warehouse ORDER BY f.state, f.warehouse
    """
)

# Time before the last sweep needs no window: that sweep has read every order that was eligible then.
_UNIMPORTED = text(
    """
    SELECT min(lower(gap)) FROM (
        SELECT least(CAST(:before AS timestamptz), greatest(CAST(:since AS timestamptz), (
            SELECT swept_at FROM lane_state WHERE lane = :lane))) AS since
    ) asked, unnest(
        tstzmultirange(tstzrange(asked.since, :before))
        - coalesce((SELECT ranges FROM coverage WHERE lane = :lane), '{}')) AS gap
    """
)

_LAST_RUNS = text(
    """
    SELECT f.reference, (
        SELECT e.run_id FROM event e WHERE e.fulfillment_order_id = f.id ORDER BY e.id DESC LIMIT 1) AS run_id
    FROM fulfillment_order f WHERE f.reference = ANY(:references)
    """
)


@dataclass(frozen=True, slots=True)
class WaitingAge:
    """Fulfillment orders that wait for one step: how many, since when the oldest has waited, up to three references.

    `warehouse` is the one of several that they wait for or were sent to. `newest` is set only for stuck orders.
    """

    kind: str
    warehouse: str
    orders: int
    oldest: datetime
    examples: tuple[str, ...]
    newest: datetime | None = None


def waiting_ages(
    connection: Connection, lane: str, before: Mapping[str, datetime | None]
) -> list[WaitingAge]:
    """Return the orders that have waited since before these instants, by kind and warehouse.

    A kind without an instant is left out.

    The kinds are not_acknowledged (nothing blocks it, but the warehouse does not have it), unknown, not_shipped and
    not_posted_back (Processing or tracking).
    """
    kinds = (NOT_ACKNOWLEDGED, UNKNOWN, NOT_SHIPPED, NOT_POSTED_BACK)
    rows = connection.execute(_LATE, {"lane": lane, **{kind: before.get(kind) for kind in kinds}})
    return [WaitingAge(row.kind, row.warehouse, row.orders, row.oldest, tuple(row.examples)) for row in rows]


def stuck_orders(connection: Connection, lane: str) -> list[WaitingAge]:
    """Return the orders that cannot continue without a person: in conflict, or rejected by the warehouse."""
    return [
        WaitingAge(row.kind, row.warehouse, row.orders, row.oldest, tuple(row.examples), row.newest)
        for row in connection.execute(_STUCK, {"lane": lane})
    ]


def unimported_since(connection: Connection, lane: str, since: datetime, before: datetime) -> datetime | None:
    """Return the first instant of `[since, before)` whose orders were neither imported nor swept; None if all were."""
    query = {"lane": lane, "since": since, "before": before}
    found: datetime | None = connection.execute(_UNIMPORTED, query).scalar_one()
    return found


def last_runs(connection: Connection, references: Collection[str]) -> dict[str, str]:
    """Return the run (`dag/run/task/try`) that last moved each of these fulfillment orders."""
    rows = connection.execute(_LAST_RUNS, {"references": list(references)}) if references else ()
    return {row.reference: row.run_id for row in rows if row.run_id}
