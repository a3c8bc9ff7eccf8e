"""What a customer's other orders say of one: whether it is the first, and whether it looks like one placed twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, text

_FIRST = text(
    """
    SELECT s.id FROM sales_order s
    WHERE s.id = ANY(:ids) AND NOT EXISTS (
        SELECT FROM sales_order o
        WHERE o.store_id = s.store_id AND lower(o.document ->> 'email') = lower(s.document ->> 'email')
          AND o.document ->> 'email' <> '' AND (o.ordered_at, o.order_id) < (s.ordered_at, s.order_id))
    """
)

# An address is compared by what a parcel needs, a line by SKU and quantity; what will not ship is nobody's twin.
_TWINS = text(
    """
    SELECT f.id, (array_agg(coalesce(nullif(o.invoice, ''), o.order_id::text) ORDER BY o.order_id))[1] AS twin
    FROM fulfillment_order f
    JOIN sales_order s ON s.id = f.sales_order_id
    JOIN sales_order o ON o.store_id = s.store_id
        AND lower(o.document ->> 'email') = lower(s.document ->> 'email')
        AND o.ordered_at BETWEEN s.ordered_at - CAST(:within AS interval) AND s.ordered_at
        AND (o.ordered_at, o.order_id) < (s.ordered_at, s.order_id)
    JOIN fulfillment_order g ON g.sales_order_id = o.id AND g.superseded_at IS NULL
        AND g.state NOT IN ('cancelled', 'skipped', 'rejected')
    WHERE f.id = ANY(:ids) AND s.document ->> 'email' <> ''
      AND lower(regexp_replace(g.ship_to ->> 'address1', '\\W', '', 'g'))
          = lower(regexp_replace(f.ship_to ->> 'address1', '\\W', '', 'g'))
      AND g.ship_to ->> 'zip_code' = f.ship_to ->> 'zip_code' AND g.ship_to ->> 'country' = f.ship_to ->> 'country'
      AND (SELECT jsonb_object_agg(l.sku, l.quantity) FROM (
              SELECT sku, sum(quantity) AS quantity FROM fulfillment_line
              WHERE fulfillment_order_id = g.id GROUP BY sku) AS l)
          = (SELECT jsonb_object_agg(l.sku, l.quantity) FROM (
              SELECT sku, sum(quantity) AS quantity FROM fulfillment_line
              WHERE fulfillment_order_id = f.id GROUP BY sku) AS l)
    GROUP BY f.id
    """
)


def first_orders(connection: Connection, sales_order_ids: Sequence[int]) -> set[int]:
    """Those of these sales orders before which the store's ledger knows none of the same e-mail address."""
    if not sales_order_ids:
        return set()
    return {row.id for row in connection.execute(_FIRST, {"ids": list(sales_order_ids)})}


def twins(connection: Connection, ids: Sequence[int], within: timedelta) -> dict[int, str]:
    """Those of these fulfillment orders that look like an earlier one, with that order's number."""
    if not ids:
        return {}
    found = connection.execute(_TWINS, {"ids": list(ids), "within": within})
    return {row.id: row.twin for row in found}
