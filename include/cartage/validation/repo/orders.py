"""Orders to judge: those that wait for validation, locked against other runs, and others for a comparison."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from cartage.db.schema import fulfillment_order, sales_order
from cartage.model.states import State

_ORDER, _SALE = fulfillment_order.c, sales_order.c

_ROWS = text(
    """
    SELECT f.id, f.reference, f.state, f.ship_method, f.ship_to, f.cause_ids, f.request, s.id AS sales_order_id,
           s.order_id, s.invoice, s.ordered_at, s.amount,
           s.document ->> 'comments' AS comments, s.document ->> 'internal_comments' AS internal_comments,
           s.document ->> 'external_comments' AS external_comments, s.document -> 'questions' AS questions,
           s.document -> 'problems' AS problems,
           coalesce((
               SELECT jsonb_agg(
                   jsonb_build_array(l.line_id, l.sku, l.quantity::text, l.description, l.options) ORDER BY l.position)
               FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id
           ), '[]') AS lines,
           ARRAY(
               SELECT c.id FROM cause c WHERE c.id = ANY(f.cause_ids) AND (
                   c.kind = 'refused_by_warehouse'
                   -- Without a request, validation itself met the failure, and finds out whether it persists.
                   OR c.kind = 'connector_failed' AND f.request IS NOT NULL)
           ) AS kept_causes
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.id = ANY(:ids) ORDER BY f.id
    """
)

_LOCK_CANDIDATES = text(
    """
    SELECT f.id FROM fulfillment_order f
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = ANY(CAST(:states AS text[])) AND f.id > :after
      AND (f.state <> 'ready' OR f.rules_hash <> :rules_hash)
    ORDER BY f.id LIMIT :size
    FOR UPDATE OF f SKIP LOCKED
    """
)

_SKUS = text(
    """
    SELECT DISTINCT l.sku
    FROM fulfillment_order f JOIN fulfillment_line l ON l.fulfillment_order_id = f.id
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = ANY(CAST(:states AS text[])) AND l.sku <> ''
      AND (f.state <> 'ready' OR f.rules_hash <> :rules_hash)
    """
)

_UNSENT = (State.IMPORTED, State.BLOCKED, State.HELD, State.READY)
# Blocked orders are judged again in every run, so that a fixed cause releases them without a request for it. Ready
# orders are judged again by other rules than those that made their request.
_JUDGED = ["imported", "blocked", "ready"]


def lock_candidates(
    connection: Connection, lane: str, *, rules_hash: str, after: int, size: int, warehouse: str = ""
) -> Sequence[Row[Any]]:
    """Lock and return a warehouse's next orders to judge, by ascending id; leave those that another run has locked."""
    query = {
        "lane": lane,
        "warehouse": warehouse,
        "rules_hash": rules_hash,
        "after": after,
        "size": size,
        "states": _JUDGED,
    }
    ids = [row.id for row in connection.execute(_LOCK_CANDIDATES, query)]
    return rows_to_judge(connection, ids)


def unsent_ids(
    connection: Connection, lane: str, warehouses: Collection[str], *, after: int, size: int
) -> list[int]:
    """Return the next orders of these warehouses that were not sent yet, by ascending id."""
    unsent = (
        select(_ORDER.id)
        .where(_ORDER.lane == lane, _ORDER.state.in_(_UNSENT), _ORDER.id > after)
        .where(_ORDER.warehouse.in_(warehouses))
        .order_by(_ORDER.id)
        .limit(size)
    )
    return list(connection.execute(unsent).scalars())


def ids_placed_since(
    connection: Connection, lane: str, warehouses: Collection[str], since: datetime
) -> list[int]:
    """Return the orders of these warehouses of the lane that were placed since then, without skipped ones."""
    placed = (
        select(_ORDER.id)
        .join(sales_order, _SALE.id == _ORDER.sales_order_id)
        .where(_SALE.lane == lane, _SALE.ordered_at >= since, _ORDER.lane == lane)
        .where(_ORDER.state != State.SKIPPED, _ORDER.superseded_at.is_(None))
        .where(_ORDER.warehouse.in_(warehouses))
        .order_by(_ORDER.id)
    )
    return list(connection.execute(placed).scalars())


def rows_to_judge(connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Return everything that judging these orders needs, by ascending id."""
    return connection.execute(_ROWS, {"ids": list(ids)}).all() if ids else []


def skus_to_judge(connection: Connection, lane: str, *, rules_hash: str, warehouse: str = "") -> list[str]:
    """Return every SKU of a warehouse's orders that wait for validation."""
    query = {"lane": lane, "warehouse": warehouse, "rules_hash": rules_hash, "states": _JUDGED}
    return [row.sku for row in connection.execute(_SKUS, query)]


def note_rules_hash(connection: Connection, ids: Sequence[int], rules_hash: str) -> None:
    """Note by which rules the requests of these orders were made."""
    if ids:
        connection.execute(update(fulfillment_order).where(_ORDER.id.in_(ids)).values(rules_hash=rules_hash))
