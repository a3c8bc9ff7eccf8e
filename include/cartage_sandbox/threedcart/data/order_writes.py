"""Writes to orders and shipments: partial updates, and everything else that they change.

A write has its whole effect or none. Called under the state's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartage_sandbox.generate import shapes
from cartage_sandbox.generate.money import dicts
from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.threedcart.data.checkout import Checkout
from cartage_sandbox.threedcart.data.state import StoreState
from cartage_sandbox.threedcart.data.statuses import Status
from cartage_sandbox.threedcart.wire import fields
from cartage_sandbox.threedcart.wire.fields import FieldError
from cartage_sandbox.threedcart.wire.times import stamp

API_USER = "API"


class OrderWriter:
    """The writes that API clients make."""

    def __init__(self, state: StoreState) -> None:
        self._state, self._rules = state, state.rules

    def update_order(self, order_id: int, changes: Mapping[str, Any], *, nested: bool = False) -> None:
        """Change the given keys. Raises KeyError for an unknown order, FieldError for a bad value.

        `nested`: write a ShipmentList among the changes too, if the rule says so.
        """
        order = self._state.orders.order(order_id)
        kept = self._checked(changes, fields.ORDER)
        shipments = self._nested(order, changes) if nested else []
        order.update({name: value for name, value in kept.items() if name != "OrderStatusID"})
        if "InternalComments" in kept:
            self._note("order.comment", str(order_id), {"length": len(kept["InternalComments"])})
        if "OrderStatusID" in kept:
            self._move(order, order_id, kept["OrderStatusID"])
        for shipment, values in shipments:
            self._update(order, order_id, shipment, values)
        self._touch(order)
        self._state.orders.save(order, order_id)

    def check_order(self, changes: Mapping[str, Any]) -> None:
        """Raise what `update_order` would raise for an element of a bulk write, and change nothing."""
        order_id = changes.get("OrderID")
        if not isinstance(order_id, int):
            raise FieldError("OrderID is required")
        self._nested(self._state.orders.order(order_id), changes)
        self._checked(changes, fields.ORDER)

    def update_shipment(self, order_id: int, shipment_id: int, changes: Mapping[str, Any]) -> None:
        """Change keys of a shipment. Raises KeyError for an unknown shipment, FieldError for a bad value."""
        order = self._state.orders.order(order_id)
        shipment = _find(order, shipment_id)
        self._update(order, order_id, shipment, self._taken(self._checked(changes, fields.SHIPMENT)))
        if self._rules.flag("shipment_write_touches_order"):
            self._touch(order)
        self._state.orders.save(order, order_id)

    def _taken(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return what a write to a shipment changes of these values. Raises FieldError."""
        address = values.keys() & fields.SHIP_TO
        if address and self._rules["shipment_address_writes"] == "refused":
            raise fields.FieldError(f"{min(address)} cannot be changed")
        ignored = address if self._rules["shipment_address_writes"] == "ignored" else frozenset[str]()
        return {name: value for name, value in values.items() if name not in ignored}

    def add_shipment(self, order_id: int, given: Mapping[str, Any]) -> int:
        """Add a shipment to an order and return its ShipmentID. Raises the same as `update_shipment`."""
        order = self._state.orders.order(order_id)
        values = self._checked(given, fields.SHIPMENT)
        rows = order["ShipmentList"] if isinstance(order.get("ShipmentList"), list) else []
        shipment = shapes.shipment() | {
            "ShipmentID": self._state.orders.next_shipment_id(),
            "ShipmentNumber": len(rows) + 1,
            "ShipmentOrderStatus": order.get("OrderStatusID"),
        }
        order["ShipmentList"] = [*rows, shipment]
        self._update(order, order_id, shipment, values)
        self._touch(order)
        self._note("shipment.added", f"{order_id}/{shipment['ShipmentID']}", {})
        self._state.orders.save(order, order_id)
        return int(shipment["ShipmentID"])

    def update_item(self, order_id: int, index_id: int, changes: Mapping[str, Any]) -> None:
        """Change the given keys of a line. Raises the same as `update_shipment`."""
        order = self._state.orders.order(order_id)
        lines = [each for each in dicts(order.get("OrderItemList")) if each.get("ItemIndexID") == index_id]
        if not lines:
            raise KeyError(index_id)
        kept = self._checked(changes, fields.ITEM)
        lines[0].update(kept)
        self._touch(order)
        self._note("item.changed", f"{order_id}/{index_id}", kept)
        self._state.orders.save(order, order_id)

    def move(self, order: Json, order_id: int, status: int, by: str) -> None:
        """Set an order's status with all its consequences, without saving."""
        before = order.get("OrderStatusID")
        order["OrderStatusID"] = status
        if self._rules.flag("order_status_moves_shipments"):
            for shipment in dicts(order.get("ShipmentList")):
                shipment["ShipmentOrderStatus"] = status
        self._note("order.status", str(order_id), {"from": before, "to": status, "by": by})
        if status == Status.CANCEL != before and self._rules.flag("cancel_returns_stock"):
            self._return_stock(order, order_id)

    def _move(self, order: Json, order_id: int, status: int) -> None:
        self.move(order, order_id, status, API_USER)
        self._state.effects.status_written(order_id, status)

    def _update(self, order: Json, order_id: int, shipment: Json, values: Json) -> None:
        shipment.update(values)
        shipment["ShipmentLastUpdate"] = stamp(self._state.now())
        shipment["ShipmentUserID"] = API_USER
        shipment_id = int(shipment["ShipmentID"])
        if "ShipmentTrackingCode" in values:
            self._state.effects.tracking_written(order_id, shipment_id, values["ShipmentTrackingCode"])
        self._note("shipment.written", f"{order_id}/{shipment_id}", values)
        if "ShipmentOrderStatus" in values and self._moves_order(order):
            self._move(order, order_id, values["ShipmentOrderStatus"])

    def _moves_order(self, order: Json) -> bool:
        rule = self._rules["shipment_status_moves_order"]
        return rule == "always" or (rule == "single" and len(dicts(order.get("ShipmentList"))) == 1)

    def _nested(self, order: Json, changes: Mapping[str, Any]) -> list[tuple[Json, Json]]:
        if not self._rules.flag("bulk_nested_shipments"):
            return []
        return [
            (_find(order, each.get("ShipmentID")), self._checked(each, fields.SHIPMENT))
            for each in dicts(changes.get("ShipmentList"))
        ]

    def _checked(self, changes: Mapping[str, Any], schema: fields.Schema) -> Json:
        kept = fields.checked(changes, schema, self._rules)
        for name in ("OrderStatusID", "ShipmentOrderStatus"):
            if name in kept and kept[name] not in self._state.statuses:
                raise FieldError(f"Invalid {name}")
        return kept

    def _touch(self, order: Json) -> None:
        order["LastUpdate"] = stamp(self._state.now())
        order["UserID"] = API_USER

    def _return_stock(self, order: Json, order_id: int) -> None:
        for taken in Checkout(self._state).taken_by(dicts(order.get("OrderItemList"))):
            if self._state.goods.add_stock(taken.catalog_id, taken.sku, taken.quantity):
                self._note("stock.returned", taken.sku, {"order": order_id, "quantity": taken.quantity})

    def _note(self, kind: str, key: str, detail: Json) -> None:
        self._state.journal.record_effect(kind, key, detail)


def _find(order: Json, shipment_id: object) -> Json:
    if not isinstance(shipment_id, int):
        raise KeyError(shipment_id)
    for shipment in dicts(order.get("ShipmentList")):
        if shipment.get("ShipmentID") == shipment_id:
            return shipment
    raise KeyError(shipment_id)
