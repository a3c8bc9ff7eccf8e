"""Customers of a store, by the e-mail address of their orders."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from cartage.db.schema.orders import EMAIL

# The first order of an e-mail address is the first entry of its part of the index.
_FIRST = text(
    f"""
    WITH given AS MATERIALIZED (
        SELECT id, store_id, order_id, ordered_at, {EMAIL} AS email FROM sales_order WHERE id = ANY(:ids)
    )
    SELECT s.id FROM given s
    LEFT JOIN LATERAL (
        SELECT ordered_at, order_id FROM sales_order
        WHERE store_id = s.store_id AND {EMAIL} = s.email AND s.email <> ''
        ORDER BY ordered_at, order_id LIMIT 1
    ) first ON true
    WHERE first.order_id IS NULL OR (first.ordered_at, first.order_id) >= (s.ordered_at, s.order_id)
        OR s.ordered_at IS NULL OR s.email = ''
    """  # noqa: S608 - constants of this package
)


def first_orders(connection: Connection, sales_order_ids: Sequence[int]) -> set[int]:
    """Return those of these sales orders that are the first of their e-mail address in this store."""
    if not sales_order_ids:
        return set()
    return {row.id for row in connection.execute(_FIRST, {"ids": list(sales_order_ids)})}
