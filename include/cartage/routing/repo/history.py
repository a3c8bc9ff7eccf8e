"""Orders of a lane in any state, for what the rules say of them. Read only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.routing.repo.holds import RULE
from cartage.routing.repo.orders import ROUTABLE, ROUTED_ORDERS

_ONE = text(f"{ROUTED_ORDERS} WHERE f.id = :id AND f.lane = :lane")

_SINCE = text(
    f"""
    {ROUTED_ORDERS}
    WHERE f.lane = :lane AND f.created_at >= :since AND f.superseded_at IS NULL AND f.id > :after
    ORDER BY f.id LIMIT :size
    """
)

_GROUPS = text(
    f"""
    {ROUTED_ORDERS}
    WHERE f.lane = :lane AND {ROUTABLE}
      AND (f.sales_order_id, f.shipment_id) IN (
        SELECT sales_order_id, shipment_id FROM fulfillment_order WHERE id = ANY(:ids))
    ORDER BY f.id
    """  # noqa: S608 - constants of this package
)

_LAST = text(
    """
    SELECT at, why, detail FROM event WHERE fulfillment_order_id = :id AND kind = 'routed' ORDER BY id DESC LIMIT 1
    """
)

_SENT = text("SELECT min(sent_at) FROM transfer WHERE fulfillment_order_id = :id")


def order_of(connection: Connection, lane: str, order_id: int) -> Row[Any] | None:
    """Return a fulfillment order by its id, with the columns of `routable_orders`; None if the lane has no such one."""
    return connection.execute(_ONE, {"lane": lane, "id": order_id, "prefix": RULE}).one_or_none()


def routable_groups(connection: Connection, lane: str, ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return the parts of these orders' ship-to groups that may be routed, with the columns of `routable_orders`."""
    values = {"lane": lane, "ids": sorted(ids), "prefix": RULE}
    return connection.execute(_GROUPS, values).all()


def orders_since(
    connection: Connection, lane: str, since: datetime, *, after: int, size: int
) -> Sequence[Row[Any]]:
    """Return the next orders that were imported since then, by ascending id, with the columns of `routable_orders`.

    Orders whose personal data retention has emptied have no address and no copy.
    """
    values = {"lane": lane, "since": since, "after": after, "size": size, "prefix": RULE}
    return connection.execute(_SINCE, values).all()


def last_routing(connection: Connection, order_id: int) -> Row[Any] | None:
    """Return the order's last decision that changed its warehouse: at, why, detail; None if there is none."""
    return connection.execute(_LAST, {"id": order_id}).one_or_none()


def first_sent_at(connection: Connection, order_id: int) -> datetime | None:
    """Return when the first request of which something may have left was sent; None if none was."""
    found: datetime | None = connection.execute(_SENT, {"id": order_id}).scalar_one()
    return found
