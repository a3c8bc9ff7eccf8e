"""Compare orders with their customers' other orders: find first orders and possible duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, text

_FIRST = text(
    """
    WITH given AS MATERIALIZED (
        SELECT id, store_id, order_id, ordered_at, lower(document ->> 'email') AS email FROM sales_order
        WHERE id = ANY(:ids)
    )
    SELECT s.id FROM given s
    WHERE s.email = '' OR NOT EXISTS (
        SELECT FROM sales_order o
        WHERE o.store_id = s.store_id AND lower(o.document ->> 'email') = s.email
          AND (o.ordered_at, o.order_id) < (s.ordered_at, s.order_id))
    """
)

# Addresses are compared by street, postal code and country, lines by SKU and quantity. An order that will not ship is
# no duplicate of another. The customers' other orders are found by the index, so the cost is that of the batch.
_POSSIBLE_DUPLICATES = text(
    """
    WITH given AS MATERIALIZED (
        SELECT f.id, f.ship_to ->> 'zip_code' AS zip_code, f.ship_to ->> 'country' AS country,
               lower(regexp_replace(f.ship_to ->> 'address1', '\\W', '', 'g')) AS street,
               s.store_id, s.order_id, s.ordered_at, lower(s.document ->> 'email') AS email
        FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
        WHERE f.id = ANY(:ids) AND s.document ->> 'email' <> ''
    ), near AS MATERIALIZED (
        SELECT a.*, o.id AS other, o.order_id AS other_id, coalesce(nullif(o.invoice, ''), o.order_id::text) AS number
        FROM given a
        JOIN sales_order o ON o.store_id = a.store_id AND lower(o.document ->> 'email') = a.email
            AND o.ordered_at BETWEEN a.ordered_at - CAST(:within AS interval) AND a.ordered_at
            AND (o.ordered_at, o.order_id) < (a.ordered_at, a.order_id)
    ), alike AS MATERIALIZED (
        SELECT a.id, g.id AS other, a.other_id, a.number
        FROM near a
        JOIN fulfillment_order g ON g.sales_order_id = a.other AND g.superseded_at IS NULL
            AND g.state NOT IN ('cancelled', 'skipped', 'rejected')
        WHERE g.ship_to ->> 'zip_code' = a.zip_code AND g.ship_to ->> 'country' = a.country
          AND lower(regexp_replace(g.ship_to ->> 'address1', '\\W', '', 'g')) = a.street
    ), lines AS MATERIALIZED (
        SELECT l.fulfillment_order_id AS id, jsonb_object_agg(l.sku, l.quantity) AS lines
        FROM (
            SELECT fulfillment_order_id, sku, sum(quantity) AS quantity FROM fulfillment_line
            WHERE fulfillment_order_id IN (SELECT id FROM alike UNION SELECT other FROM alike)
            GROUP BY fulfillment_order_id, sku) AS l
        GROUP BY l.fulfillment_order_id
    )
    SELECT a.id, (array_agg(a.number ORDER BY a.other_id))[1] AS possible_duplicate
    FROM alike a JOIN lines own ON own.id = a.id JOIN lines its ON its.id = a.other
    WHERE own.lines = its.lines
    GROUP BY a.id
    """
)


def first_orders(connection: Connection, sales_order_ids: Sequence[int]) -> set[int]:
    """Return those of these sales orders that are the first of their e-mail address in this store."""
    if not sales_order_ids:
        return set()
    return {row.id for row in connection.execute(_FIRST, {"ids": list(sales_order_ids)})}


def possible_duplicates(connection: Connection, ids: Sequence[int], within: timedelta) -> dict[int, str]:
    """Return those of these fulfillment orders that look like an earlier order, with that order's number."""
    if not ids:
        return {}
    found = connection.execute(_POSSIBLE_DUPLICATES, {"ids": list(ids), "within": within})
    return {row.id: row.possible_duplicate for row in found}
