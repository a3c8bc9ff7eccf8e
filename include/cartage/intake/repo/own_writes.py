"""What Cartage itself wrote to the store of some orders: ship methods, shipments of their own, lines of comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

_OWN_WRITES = text(
    """
    SELECT f.order_id, 'method' AS kind, f.shipment_id, f.ship_method AS text, f.posted_methods AS texts
    FROM fulfillment_order f
    WHERE f.store_id = :store_id AND f.order_id = ANY(:order_ids) AND f.superseded_at IS NULL
      AND f.posted_methods <> '{}'
    UNION ALL
    SELECT f.order_id, 'shipment', p.store_shipment_id, p.tracking, p.former
    FROM fulfillment_order f
    JOIN shipment h ON h.fulfillment_order_id = f.id
    JOIN package p ON p.shipment_id = h.id
    WHERE f.store_id = :store_id AND f.order_id = ANY(:order_ids) AND p.posted_in = 'shipment'
    UNION ALL
    SELECT s.order_id, 'comment', NULL, b.tracking, '{}'
    FROM sales_order s JOIN post_back b ON b.sales_order_id = s.id
    WHERE s.store_id = :store_id AND s.order_id = ANY(:order_ids) AND b.kind = 'comment'
    """
)


@dataclass
class OwnWrites:
    """What Cartage wrote to one order in the store.

    `ship_methods` has, by ShipmentID, the ship method that the order was sent with and those that were written since.
    `created` are ids of shipments that were created, `numbers` the tracking numbers of such shipments: a response that
    was lost may have named no id.
    """

    ship_methods: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)
    created: set[int] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    comment_lines: set[str] = field(default_factory=set)


def own_writes_of(connection: Connection, store_id: int, order_ids: Sequence[int]) -> dict[int, OwnWrites]:
    """Return what was written to these orders of a store, by OrderID; leave out those to which nothing was written."""
    found: dict[int, OwnWrites] = {}
    for row in connection.execute(_OWN_WRITES, {"store_id": store_id, "order_ids": list(order_ids)}):
        own = found.setdefault(row.order_id, OwnWrites())
        if row.kind == "method":
            # Parts of a group were sent with one ship method; each may have been written another.
            earlier = own.ship_methods.get(row.shipment_id, ("", frozenset()))[1]
            own.ship_methods[row.shipment_id] = row.text, earlier | frozenset(row.texts)
        elif row.kind == "comment":
            own.comment_lines |= set(row.text.splitlines())
        else:
            own.numbers |= {row.text, *row.texts} - {""}
            own.created |= {row.shipment_id} - {None}
    return found
