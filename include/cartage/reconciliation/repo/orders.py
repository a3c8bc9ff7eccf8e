"""What the ledger has of orders, for the comparison with store and warehouse, and what a fix lets it forget."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from cartage.db.schema import fulfillment_order, sales_order

# One row for each fulfillment order, earlier generations included: the warehouse may still have one of those.
_ORDERS = """
    SELECT f.id, f.lane, f.order_id, f.shipment_id, f.part, f.reference,
        coalesce(f.adopted_as, f.reference) AS known_as,
        coalesce(f.remote_id, '') AS remote_id, f.state, f.superseded_at IS NOT NULL AS superseded,
        f.warehouse, f.ship_method, f.ship_to, f.request, s.content_hash, s.seen_hash, s.posted_status, s.person_status,
        s.ordered_at,
        f.state IN ('sending', 'unknown') OR coalesce(f.lease_until > clock_timestamp(), false)
            OR coalesce(s.lease_until > clock_timestamp(), false) AS busy,
        s.left_at IS NOT NULL OR EXISTS (
            SELECT FROM exception x WHERE x.sales_order_id = s.id AND (x.closed_at IS NULL OR x.decision IS NOT NULL)
        ) AS explained,
        ARRAY(SELECT g.state FROM fulfillment_order g
              WHERE g.sales_order_id = s.id AND g.superseded_at IS NULL) AS states,
        coalesce((SELECT jsonb_agg(jsonb_build_array(l.sku, l.quantity::text))
                  FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id), '[]') AS lines,
        coalesce(sent.packages, '[]') AS packages,
        greatest(f.state_since, s.posted_at, s.created_at, sent.changed_at) AS changed_at
    FROM sales_order s
    JOIN fulfillment_order f ON f.sales_order_id = s.id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object(
                'tracking', p.tracking, 'carrier', p.carrier, 'voided', p.voided_at IS NOT NULL OR h.voided,
                'posted', p.posted_at IS NOT NULL AND coalesce(p.posted_in, 'field') <> 'comment',
                'due', p.posted_at IS NULL AND p.unfit_at IS NULL AND (
                    CAST(:hold AS interval) IS NULL OR p.carrier_at IS NOT NULL
                    OR least(coalesce(h.shipped_at, h.first_seen_at), h.first_seen_at) + CAST(:hold AS interval)
                        < clock_timestamp()))) AS packages,
            max(greatest(h.first_seen_at, p.posted_at, p.voided_at)) AS changed_at
        FROM shipment h JOIN package p ON p.shipment_id = h.id WHERE h.fulfillment_order_id = f.id
    ) sent ON true
"""

_PLACED_SINCE = text(
    f"{_ORDERS} WHERE s.lane = :lane AND s.ordered_at >= :since AND (s.ordered_at, f.id) > (:ordered_at, :id)"
    " ORDER BY s.ordered_at, f.id LIMIT :size"
)
_BY_ORDER = text(f"{_ORDERS} WHERE s.store_id = :store_id AND s.order_id = ANY(:order_ids)")


def orders_placed_since(
    connection: Connection,
    lane: str,
    since: datetime,
    *,
    after: tuple[datetime, int],
    size: int,
    hold: timedelta | None,
) -> Sequence[Row[Any]]:
    """Return a lane's fulfillment orders that were placed since then, after a row by its time and id.

    `hold` is how long a package waits for its carrier before it is posted. An order without a time is left out.
    """
    values = {
        "lane": lane,
        "since": since,
        "ordered_at": after[0],
        "id": after[1],
        "size": size,
        "hold": hold,
    }
    return connection.execute(_PLACED_SINCE, values).all()


def orders_by_id(
    connection: Connection, store_id: int, order_ids: Collection[int], *, hold: timedelta | None
) -> Sequence[Row[Any]]:
    """Return the fulfillment orders of these orders of a store, in any lane; rows as `orders_placed_since` does."""
    values = {"store_id": store_id, "order_ids": sorted(order_ids), "hold": hold}
    return connection.execute(_BY_ORDER, values).all()


def known_references(connection: Connection, references: Collection[str]) -> set[str]:
    """Return which of these references (lower case) are in the ledger, in any lane and generation."""
    wanted = [reference.upper() for reference in references]
    query = select(func.lower(fulfillment_order.c.reference)).where(fulfillment_order.c.reference.in_(wanted))
    return set(connection.execute(query).scalars())


def adopted_references(connection: Connection, lane: str) -> set[str]:
    """Return the references (lower case) of another system under which the warehouse has orders of the lane."""
    order = fulfillment_order.c
    query = select(func.lower(order.adopted_as)).where(
        order.lane == lane, order.adopted_as.is_not(None), order.superseded_at.is_(None)
    )
    return set(connection.execute(query).scalars())


def sales_order_of(connection: Connection, lane: str, order_id: int) -> int | None:
    """Return the sales order of a lane by the store's OrderID."""
    order = sales_order.c
    query = select(order.id).where(order.lane == lane, order.order_id == order_id)
    return connection.execute(query).scalar_one_or_none()


def post_again(connection: Connection, sales_order_id: int) -> None:
    """Forget what was posted of a sales order, so that the stages read the store and post what is missing there.

    A status that a person set stands.
    """
    values = {"id": sales_order_id}
    connection.execute(_FORGET_STATUS, values)
    connection.execute(_FORGET_PACKAGES, values)


_FORGET_STATUS = text(
    "UPDATE sales_order SET posted_status = NULL, posted_at = NULL, verified_at = NULL WHERE id = :id"
)
# A number that was withdrawn is taken out of the store only if the store may have it.
_FORGET_PACKAGES = text(
    """
    UPDATE package p SET posted_at = NULL, unfit_at = NULL,
        intended_at = CASE WHEN p.voided_at IS NOT NULL THEN coalesce(p.intended_at, clock_timestamp())
                           ELSE p.intended_at END
    FROM shipment h JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
    WHERE h.id = p.shipment_id AND f.sales_order_id = :id AND coalesce(p.posted_in, 'field') = 'field'
    """
)


def warehouse_of(connection: Connection, fulfillment_order_id: int | None) -> str:
    """Return the warehouse of a fulfillment order; empty for a lane's only one, and where there is no such order."""
    order = fulfillment_order.c
    found = connection.execute(select(order.warehouse).where(order.id == fulfillment_order_id)).scalar()
    return str(found or "")
