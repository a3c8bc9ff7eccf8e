"""The store's order statuses, cached per store: labels change rarely, and every run of a lane needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, text

from cartage.storefront.catalogue import OrderStatus

_READ = text(
    """
    SELECT status_id, definition, label, visible FROM store_status
    WHERE store_id = :store_id AND read_at > clock_timestamp() - CAST(:age AS interval)
    ORDER BY status_id
    """
)

# Two that replace one store's statuses take turns, else both would insert the same rows.
_TURN = text("SELECT FROM store WHERE id = :store_id FOR NO KEY UPDATE")

_FORGET = text("DELETE FROM store_status WHERE store_id = :store_id")

_KEEP = text(
    """
    INSERT INTO store_status (store_id, status_id, definition, label, visible)
    VALUES (:store_id, :status_id, :definition, :label, :visible)
    """
)


def read(connection: Connection, store_id: int, *, age: timedelta) -> tuple[OrderStatus, ...]:
    """The store's statuses as they were read within this age; none if that is longer ago."""
    rows = connection.execute(_READ, {"store_id": store_id, "age": age})
    return tuple(OrderStatus(row.status_id, row.definition, row.label, row.visible) for row in rows)


def replace(connection: Connection, store_id: int, statuses: Sequence[OrderStatus]) -> None:
    """Keep these as the store's statuses, instead of what was kept before."""
    connection.execute(_TURN, {"store_id": store_id})
    connection.execute(_FORGET, {"store_id": store_id})
    rows = {
        status.id: {
            "store_id": store_id,
            "status_id": status.id,
            "definition": status.definition,
            "label": status.label,
            "visible": status.visible,
        }
        for status in statuses
    }
    if rows:
        connection.execute(_KEEP, list(rows.values()))
