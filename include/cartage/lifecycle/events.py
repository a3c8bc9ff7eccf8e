"""Events: the timeline of an order. Each function adds events in the caller's transaction.

A statement that changes rows and must record exactly those rows inserts its events itself, in the same statement
(see `cartage.lifecycle.transitions`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, cast, insert, literal, null, select
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema import event, fulfillment_order, sales_order
from cartage.lifecycle.transitions import By

_COLUMNS = ("lane", "sales_order_id", "fulfillment_order_id", "kind", "actor", "run_id", "why", "detail")


def note_on_sales_orders(
    connection: Connection,
    ids: Collection[int],
    kind: str,
    by: By,
    *,
    why: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an event of this kind to the timeline of each of these sales orders."""
    order = sales_order.c
    values = _values(kind, by, why, detail)
    rows = select(order.lane, order.id, cast(null(), BigInteger), *values).where(order.id.in_(sorted(ids)))
    connection.execute(insert(event).from_select(_COLUMNS, rows.order_by(order.id)))


def note_on_fulfillment_orders(
    connection: Connection,
    ids: Collection[int],
    kind: str,
    by: By,
    *,
    why: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an event of this kind to the timeline of each of these fulfillment orders."""
    order = fulfillment_order.c
    values = _values(kind, by, why, detail)
    rows = select(order.lane, order.sales_order_id, order.id, *values).where(order.id.in_(sorted(ids)))
    connection.execute(insert(event).from_select(_COLUMNS, rows.order_by(order.id)))


def _values(kind: str, by: By, why: str, detail: dict[str, Any] | None) -> tuple[Any, ...]:
    texts = (literal(text, Text) for text in (kind, by.actor, by.run_id, why))
    return (*texts, cast(null(), JSONB) if detail is None else literal(detail, JSONB))
