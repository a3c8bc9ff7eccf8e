"""The store's order statuses, cached per store: labels rarely change, and every run of a lane needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, delete, func, insert, select

from cartage.db.schema import store, store_status
from cartage.storefront.catalogue import OrderStatus


def read_statuses(connection: Connection, store_id: int, *, age: timedelta) -> tuple[OrderStatus, ...]:
    """Return the store's statuses if they were read within this age, else none."""
    columns = store_status.c
    rows = connection.execute(
        select(columns.status_id, columns.definition, columns.label, columns.visible)
        .where(columns.store_id == store_id, columns.read_at > func.clock_timestamp() - age)
        .order_by(columns.status_id)
    )
    return tuple(OrderStatus(row.status_id, row.definition, row.label, row.visible) for row in rows)


def replace_statuses(connection: Connection, store_id: int, statuses: Sequence[OrderStatus]) -> None:
    """Replace the store's cached statuses."""
    # Lock the store's row: two processes that replace the same statuses would insert the same rows.
    connection.execute(select(store.c.id).where(store.c.id == store_id).with_for_update(key_share=True))
    connection.execute(delete(store_status).where(store_status.c.store_id == store_id))
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
        connection.execute(insert(store_status), list(rows.values()))
