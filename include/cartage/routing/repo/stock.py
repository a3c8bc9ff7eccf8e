"""The stock of each warehouse of a lane, as its last complete reading has it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

# What an earlier reading named and the last one does not is gone.
_LEVELS = text(
    """
    SELECT l.warehouse, l.sku,
           CASE WHEN l.number >= r.number THEN l.available - l.ordered_not_allocated ELSE 0 END AS free
    FROM stock_level l JOIN stock_reading r ON r.lane = l.lane AND r.warehouse = l.warehouse
    WHERE l.lane = :lane AND lower(btrim(l.sku)) = ANY(CAST(:skus AS text[]))
    """
)

_READINGS = text("SELECT warehouse, began_at FROM stock_reading WHERE lane = :lane")


def free_stock(connection: Connection, lane: str, skus: Collection[str]) -> dict[str, dict[str, Decimal]]:
    """Return what each warehouse has free of these SKUs of its own, in any letter case: by warehouse, by SKU folded."""
    found: dict[str, dict[str, Decimal]] = {}
    wanted = sorted({sku.strip().lower() for sku in skus})
    for row in connection.execute(_LEVELS, {"lane": lane, "skus": wanted}):
        at = found.setdefault(row.warehouse, {})
        name = row.sku.strip().lower()
        # Two items that differ in letter case only: which one is meant is not known, so the smaller figure counts.
        at[name] = min(at[name], row.free) if name in at else row.free
    return found


def stock_read_at(connection: Connection, lane: str) -> dict[str, datetime]:
    """Return when the stock of each warehouse was read, for those of which it was."""
    return {row.warehouse: row.began_at for row in connection.execute(_READINGS, {"lane": lane})}
