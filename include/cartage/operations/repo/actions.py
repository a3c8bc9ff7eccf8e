"""Statements of operator actions: the order that a person acts on, and the orders that a cause blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal, select, text, update

from cartage.db.schema import event, fulfillment_order, hold, sales_order
from cartage.lifecycle.transitions import By
from cartage.model.states import UNSENT

_BATCH = 500

_ACTIONABLE = text(
    """
    SELECT f.id, f.sales_order_id, f.state, f.reason, f.reference,
           EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL) AS was_sent,
           EXISTS (SELECT FROM fulfillment_order o WHERE o.sales_order_id = f.sales_order_id
                   AND o.state <> ALL(CAST(:unsent AS text[]))) AS partly_sent
    FROM fulfillment_order f
    WHERE f.id = :id AND f.lane = :lane AND f.superseded_at IS NULL FOR UPDATE
    """
)

_BLOCKED = text(
    """
    SELECT id FROM fulfillment_order
    WHERE lane = :lane AND state = 'blocked' AND cause_ids @> ARRAY[CAST(:cause_id AS bigint)]
      AND superseded_at IS NULL AND id > :after
    ORDER BY id LIMIT :size FOR UPDATE
    """
)


def lock_actionable(connection: Connection, lane: str, order_id: int) -> Row[Any] | None:
    """Lock an order that is not superseded; return its state, reason, reference, was_sent and partly_sent."""
    query = {"id": order_id, "lane": lane, "unsent": sorted(UNSENT)}
    return connection.execute(_ACTIONABLE, query).one_or_none()


def forget_copy(connection: Connection, sales_order_id: int) -> None:
    """Make the next reading of the store's order replace the ledger's copy, which is too old to send until then."""
    order = sales_order.c
    statement = update(sales_order).where(order.id == sales_order_id, order.left_at.is_(None))
    connection.execute(statement.values(content_hash="", read_at=func.to_timestamp(0)))


def record_restart(connection: Connection, order_id: int, why: str, by: By) -> None:
    """Add a `restarted` event to an order that does not change its state."""
    order = fulfillment_order.c
    texts = [literal(value) for value in ("restarted", by.actor, by.run_id, why)]
    source = select(order.lane, order.sales_order_id, order.id, *texts).where(order.id == order_id)
    columns = ["lane", "sales_order_id", "fulfillment_order_id", "kind", "actor", "run_id", "why"]
    connection.execute(insert(event).from_select(columns, source))


def open_hold_ids(connection: Connection, order_id: int) -> list[int]:
    """Return the ids of an order's holds that are not released."""
    query = select(hold.c.id).where(hold.c.fulfillment_order_id == order_id, hold.c.released_at.is_(None))
    return list(connection.execute(query).scalars())


def blocked_batches(connection: Connection, lane: str, cause_id: int) -> Iterator[list[int]]:
    """Lock the orders that a cause blocks, batch by batch; yield the ids of each batch."""
    after = 0
    query = {"lane": lane, "cause_id": cause_id, "size": _BATCH}
    while ids := [row.id for row in connection.execute(_BLOCKED, {**query, "after": after})]:
        yield ids
        after = ids[-1]
