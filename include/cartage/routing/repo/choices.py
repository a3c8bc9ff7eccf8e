"""What a person chose for an order that waits for stock: kept with all of its ship-to that was not sent."""

from __future__ import annotations

from sqlalchemy import Connection, text

from cartage.model.orders import RoutingChoice

_CHOOSE = text(
    """
    UPDATE fulfillment_order f SET routing_choice = :choice
    FROM fulfillment_order named
    WHERE named.id = :id AND named.lane = :lane
      AND f.sales_order_id = named.sales_order_id AND f.shipment_id = named.shipment_id
      AND f.superseded_at IS NULL AND f.state IN ('imported', 'blocked', 'held', 'ready')
      AND f.routing_choice <> :choice
    RETURNING f.id
    """
)


def write_choice(connection: Connection, lane: str, order_id: int, choice: RoutingChoice) -> set[int]:
    """Keep a choice for the unsent parts of this fulfillment order's ship group; return those that had another."""
    values = {"id": order_id, "lane": lane, "choice": choice.value}
    return set(connection.execute(_CHOOSE, values).scalars())
