"""Orders of a lane of which nothing can have left: they go where the rules and the stock send them now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.lifecycle.figures import THERE, left_out
from cartage.lifecycle.placement import NEVER_LEFT
from cartage.routing.repo.holds import RULE

# Held orders are routed once they are released: they are imported again then.
_WAITING = "f.state IN ('imported', 'blocked', 'ready')"
# For rows f (fulfillment_order): rules and stock decide about it.
ROUTABLE = f"{_WAITING} AND f.superseded_at IS NULL AND {NEVER_LEFT}"

ROUTED_ORDERS = """
    SELECT f.id, f.reference, f.state, f.state_since, f.warehouse, f.order_id, f.shipment_id, f.part, f.ship_to,
           f.ship_method, f.routing_choice,
           s.id AS sales_order_id, s.amount, s.document,
           coalesce((
               SELECT jsonb_agg(jsonb_build_array(l.line_id, l.sku, l.quantity::text, l.position) ORDER BY l.position)
               FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id), '[]') AS lines,
           ARRAY(
               SELECT substr(h.rule, length(CAST(:prefix AS text)) + 1) FROM hold h
               WHERE h.fulfillment_order_id = f.id AND h.released_at IS NOT NULL
                 AND starts_with(h.rule, CAST(:prefix AS text))) AS released
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
"""

_ORDERS = text(
    f"""
    {ROUTED_ORDERS}
    WHERE f.lane = :lane AND f.id > :after AND {ROUTABLE}
    ORDER BY f.id LIMIT :size
    """
)

# What has changed since it was read is decided by the next run.
_LOCK = text(
    f"""
    SELECT f.id, f.order_id, f.state, f.cause_ids FROM fulfillment_order f
    JOIN unnest(CAST(:ids AS bigint[]), CAST(:since AS timestamptz[])) AS r(id, since) ON r.id = f.id
    WHERE {_WAITING} AND f.state_since = r.since AND f.superseded_at IS NULL
    ORDER BY f.id
    FOR UPDATE OF f SKIP LOCKED
    """  # noqa: S608 - a constant of this module
)

# Quantities on their way to a warehouse, or there since its stock was read: its figures do not leave them out.
_TAKEN = text(
    f"""
    SELECT f.warehouse, l.sku, sum(l.quantity) AS quantity
    FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    LEFT JOIN stock_reading r ON r.lane = f.lane AND r.warehouse = f.warehouse
    WHERE f.lane = :lane AND f.warehouse <> '' AND f.superseded_at IS NULL
      AND (f.state IN ('held', 'sending', 'unknown', 'conflict')
           OR f.state IN ('imported', 'blocked', 'ready')
              AND EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL)
           OR {THERE} AND (f.state_since > r.began_at - r.delay OR r.on_hand_only AND f.state <> 'shipped')
              AND NOT ({left_out("r.began_at - r.delay", "r.on_hand_only")}))
    GROUP BY f.warehouse, l.sku
    """  # noqa: S608 - constants of the engine
)


def routable_orders(connection: Connection, lane: str, *, after: int, size: int) -> Sequence[Row[Any]]:
    """Return the next orders that may be routed, by ascending id, not locked.

    Rows of id, reference, state, state_since, warehouse, order_id, shipment_id, part, ship_to, ship_method,
    routing_choice, sales_order_id, amount, document, lines (of each the store's line id, SKU, quantity and position),
    and released: the routing rules whose hold a person has released.
    """
    values = {"lane": lane, "after": after, "size": size, "prefix": RULE}
    return connection.execute(_ORDERS, values).all()


def lock_unchanged(connection: Connection, rows: Collection[Row[Any]]) -> dict[int, Row[Any]]:
    """Lock those of these orders that are as they were when they were read; return them by id.

    Rows of id, order_id, state, cause_ids.
    """
    values = {"ids": [row.id for row in rows], "since": [row.state_since for row in rows]}
    return {row.id: row for row in connection.execute(_LOCK, values)}


def taken_quantities(connection: Connection, lane: str) -> Sequence[Row[Any]]:
    """Return what is on its way to each warehouse, or not left out of its figures: warehouse, sku, quantity."""
    return connection.execute(_TAKEN, {"lane": lane}).all()
