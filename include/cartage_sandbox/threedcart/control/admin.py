"""What a person does in the store's admin: edits without the API's checks, under their own user name.

The last writer wins, as in the real store: there are no versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.threedcart.data.order_writes import OrderWriter
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.wire.times import stamp

PERSON = "dana"


class Admin:
    """Edits orders by hand."""

    def __init__(self, state: StoreState, writer: OrderWriter) -> None:
        self._state, self._writer = state, writer

    def edit(
        self,
        order_id: int,
        changes: Mapping[str, Any],
        shipments: Mapping[str, Json] | None = None,
        items: Mapping[str, Json] | None = None,
    ) -> None:
        """Set keys of an order, of its shipments by ShipmentID, and of its lines by ItemIndexID.

        LastUpdate and UserID change unless they are among the keys. Raises KeyError for an unknown order, shipment or
        line.
        """
        order = self._state.orders.order(order_id)
        order.update({name: value for name, value in changes.items() if name != "OrderStatusID"})
        _merge(order.get("ShipmentList"), "ShipmentID", shipments or {})
        _merge(order.get("OrderItemList"), "ItemIndexID", items or {})
        if "OrderStatusID" in changes:
            self._writer.move(order, order_id, changes["OrderStatusID"], PERSON)
        order |= {"LastUpdate": stamp(self._state.now()), "UserID": PERSON} | {
            name: changes[name] for name in ("LastUpdate", "UserID") if name in changes
        }
        self._state.journal.record_effect("order.edited", str(order_id), {"keys": sorted(changes)})
        self._state.orders.save(order, order_id)


def _merge(rows: Any, key: str, changes: Mapping[str, Json]) -> None:
    by_id = {str(each.get(key)): each for each in dicts(rows)}
    for number, values in changes.items():
        by_id[number].update(values)
