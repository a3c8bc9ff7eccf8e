"""Orders of a lane in any state, for what the rules say of them. Read only."""

from __future__ import annotations

from collections.abc import Sequence
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

_GROUP = text(
    f"""
    {ROUTED_ORDERS}
    WHERE f.lane = :lane AND f.sales_order_id = :sales_order_id AND f.shipment_id = :shipment_id AND {ROUTABLE}
    ORDER BY f.part
    """
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


def routable_group(
    connection: Connection, lane: str, sales_order_id: int, shipment_id: int
) -> Sequence[Row[Any]]:
    """Return the parts of a ship-to group that may be routed, with the columns of `routable_orders`."""
    values = {"lane": lane, "sales_order_id": sales_order_id, "shipment_id": shipment_id, "prefix": RULE}
    return connection.execute(_GROUP, values).all()


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
