"""What Cartage itself wrote to the store of some orders.

Ship methods, shipments of their own, lines of comments, and corrections that a person made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from cartage.model.orders import ShipGroup
from cartage.storefront.corrections import copied_group

_OWN_WRITES = text(
    """
    SELECT f.order_id, 'method' AS kind, f.shipment_id, f.ship_method AS text, f.posted_methods AS texts,
           NULL::jsonb AS copy, NULL::jsonb AS written, NULL AS copy_hash
    FROM fulfillment_order f
    WHERE f.store_id = :store_id AND f.order_id = ANY(:order_ids) AND f.superseded_at IS NULL
      AND f.posted_methods <> '{}'
    UNION ALL
    SELECT f.order_id, 'shipment', p.store_shipment_id, p.tracking, p.former, NULL, NULL, NULL
    FROM fulfillment_order f
    JOIN shipment h ON h.fulfillment_order_id = f.id
    JOIN package p ON p.shipment_id = h.id
    WHERE f.store_id = :store_id AND f.order_id = ANY(:order_ids) AND p.posted_in = 'shipment'
    UNION ALL
    SELECT s.order_id, 'comment', NULL, b.tracking, '{}', NULL, NULL, NULL
    FROM sales_order s JOIN post_back b ON b.sales_order_id = s.id
    WHERE s.store_id = :store_id AND s.order_id = ANY(:order_ids) AND b.kind = 'comment'
    UNION ALL
    SELECT f.order_id, 'correction', f.shipment_id, '', '{}',
           jsonb_path_query_first(s.document, '$.groups[*] ? (@.shipment_id == $id)',
               jsonb_build_object('id', f.shipment_id)),
           f.written_corrections, coalesce(s.seen_hash, s.content_hash)
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.store_id = :store_id AND f.order_id = ANY(:order_ids) AND f.superseded_at IS NULL
      AND f.written_corrections <> '[]'
    """
)


@dataclass
class OwnWrites:
    """What Cartage wrote to one order in the store.

    `ship_methods` has, by ShipmentID, the ship method that the order was sent with and those that were written since.
    `created` are ids of shipments that were created, `numbers` the tracking numbers of such shipments: a response that
    was lost may have named no id. `corrections` has, by ShipmentID, the ship group in the ledger's copy of the store's
    order, and the corrections of it that were written; `copy_hash` stands for that copy.
    """

    ship_methods: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)
    created: set[int] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    comment_lines: set[str] = field(default_factory=set)
    corrections: dict[int, tuple[ShipGroup, list[ShipGroup]]] = field(default_factory=dict)
    copy_hash: str = ""


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
        elif row.kind == "correction":
            own.copy_hash = row.copy_hash
            if row.copy is not None:
                _, written = own.corrections.setdefault(row.shipment_id, (copied_group(row.copy), []))
                written += [copied_group(group) for group in row.written]
        else:
            own.numbers |= {row.text, *row.texts} - {""}
            own.created |= {row.shipment_id} - {None}
    return found
