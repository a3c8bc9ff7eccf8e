"""Orders of a lane in any state, for what the rules say of them. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.routing.repo.holds import RULE
from cartage.routing.repo.orders import ROUTED_ORDERS

_ONE = text(f"{ROUTED_ORDERS} WHERE f.id = :id AND f.lane = :lane")

_SINCE = text(
    f"""
    {ROUTED_ORDERS}
    WHERE f.lane = :lane AND f.created_at >= :since AND f.superseded_at IS NULL AND f.id > :after
    ORDER BY f.id LIMIT :size
    """
)


def order_of(connection: Connection, lane: str, order_id: int) -> Row[Any] | None:
    """Return a fulfillment order by its id, with the columns of `routable_orders`; None if the lane has no such one."""
    return connection.execute(_ONE, {"lane": lane, "id": order_id, "prefix": RULE}).one_or_none()


def orders_since(
    connection: Connection, lane: str, since: datetime, *, after: int, size: int
) -> Sequence[Row[Any]]:
    """Return the next orders that were imported since then, by ascending id, with the columns of `routable_orders`.

    Orders whose personal data retention has emptied have no address and no copy.
    """
    values = {"lane": lane, "since": since, "after": after, "size": size, "prefix": RULE}
    return connection.execute(_SINCE, values).all()
