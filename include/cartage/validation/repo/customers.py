"""Compare orders with their customers' other orders: find possible duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, text

from cartage.db.schema.orders import MAY_BE_DUPLICATED

# How many earlier orders are looked at: more than one only if dates were edited, so that they do not rise with the ids.
LOOKED_AT = 20

# An order's likeness has customer, address and lines. Of the earlier orders that are alike only the latest are looked
# at, so the cost is that of the batch, however many there are.
_POSSIBLE_DUPLICATES = text(
    f"""
    WITH given AS MATERIALIZED (
        SELECT f.id, f.store_id, f.order_id, f.likeness, s.ordered_at
        FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
        WHERE f.id = ANY(:ids) AND f.likeness <> ''
    )
    SELECT a.id, earlier.number AS possible_duplicate
    FROM given a CROSS JOIN LATERAL (
        SELECT coalesce(nullif(s.invoice, ''), s.order_id::text) AS number
        FROM (
            SELECT sales_order_id FROM fulfillment_order
            WHERE store_id = a.store_id AND likeness = a.likeness AND order_id < a.order_id AND {MAY_BE_DUPLICATED}
            ORDER BY order_id DESC LIMIT {LOOKED_AT}
        ) g JOIN sales_order s ON s.id = g.sales_order_id
        WHERE s.ordered_at BETWEEN a.ordered_at - CAST(:within AS interval)
            AND a.ordered_at + CAST(:within AS interval)
        ORDER BY s.order_id DESC LIMIT 1
    ) earlier
    """  # noqa: S608 - constants of this package
)


def possible_duplicates(connection: Connection, ids: Sequence[int], within: timedelta) -> dict[int, str]:
    """Return those of these fulfillment orders that look like an earlier order, with that order's number."""
    if not ids:
        return {}
    found = connection.execute(_POSSIBLE_DUPLICATES, {"ids": list(ids), "within": within})
    return {row.id: row.possible_duplicate for row in found}
