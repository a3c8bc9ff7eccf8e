"""Take in and cancel orders: what is required, what creates a product, what a repeated reference gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartage_sandbox.shipbob.data.model import OPEN, Channel, JsonObject, Line, Order, Shipment, Status
from cartage_sandbox.shipbob.data.state import ShipBobState
from cartage_sandbox.shipbob.operations.stock import Stock
from cartage_sandbox.shipbob.wire.errors import Refusal, duplicate, faulty_fields

_TYPES = ("DTC", "DropShip", "B2B")
_LARGEST = 2**31 - 1
# The longest texts of the OpenAPI description.
_LONGEST = {"reference_id": 300, "order_number": 400, "gift_message": 500}
_LONGEST_OF_RECIPIENT = {"name": 300, "phone_number": 50}
_LONGEST_OF_TAG = {"name": 50, "value": 500}


class OrderDesk:
    """Decides about orders. The caller holds the state's lock."""

    def __init__(self, state: ShipBobState, stock: Stock) -> None:
        self._state = state
        self._stock = stock

    def create(self, posted: Any, channel: Channel) -> Order:
        """Return the new order, or raise a Refusal that names every fault."""
        state = self._state
        document: JsonObject = posted if isinstance(posted, dict) else {}
        if faults := _faults(document):
            raise faulty_fields(state.rules, faults)
        reference = document["reference_id"]
        if state.rules.flag("duplicate_refused") and self._is_taken(reference, channel):
            raise duplicate(state.rules)
        now = state.now()
        lines = [self._line(product, channel) for product in document["products"]]
        order = Order(state.next_order_id(), channel, reference, document, lines, now, now)
        shipment = Shipment(state.next_order_id(), order, [(line, line.quantity) for line in lines], now, now)
        order.shipments.append(shipment)
        self._stock.commit(shipment)
        self._note_method(document["shipping_method"])
        state.add_order(order)
        state.journal.record_effect(
            "order.created", reference, {"order_id": order.id, "channel_id": channel.id}
        )
        return order

    def cancel(self, order: Order) -> JsonObject:
        """Cancel what can be of an order. Return the result of each shipment, or raise a Refusal (422)."""
        rules, now = self._state.rules, self._state.now()
        live = [shipment for shipment in order.shipments if shipment.status is not Status.CANCELLED]
        allowed = [each for each in live if each.status in OPEN and rules.text("cancel_refused") != "always"]
        if not allowed and rules.text("cancel_refusal") == "422":
            raise Refusal(422, {"": ["The order is not in a cancellable state."]})
        for shipment in allowed:
            self.cancel_shipment(shipment)
        if allowed:
            order.updated_at = now
            self._state.journal.record_effect("order.cancelled", order.reference, {"shipments": len(allowed)})
        results = [
            {
                "shipment_id": shipment.id,
                "action": "Cancel",
                "is_success": shipment in allowed,
                "reason": None if shipment in allowed else f"The shipment is {shipment.status.value}.",
            }
            for shipment in live
        ]
        status = (
            "Success" if allowed and len(allowed) == len(live) else "PartialSuccess" if allowed else "Failure"
        )
        return {"status": status, "results": results}

    def cancel_shipment(self, shipment: Shipment) -> None:
        """Cancel one shipment."""
        self._stock.release(shipment)
        shipment.status, shipment.details = Status.CANCELLED, []
        shipment.updated_at = self._state.now()

    def _is_taken(self, reference: str, channel: Channel) -> bool:
        rules = self._state.rules
        return any(
            (rules.text("duplicate_scope") == "account" or order.channel.id == channel.id)
            and (rules.flag("duplicate_counts_cancelled") or order.status != "Cancelled")
            for order in self._state.with_reference(reference)
        )

    def _line(self, product: Mapping[str, Any], channel: Channel) -> Line:
        state, reference = self._state, product["reference_id"]
        item = state.ordered_item(reference, channel)
        if item is None:
            if not state.rules.flag("unknown_product_created"):
                raise faulty_fields(state.rules, {"Products": [f"No product with reference {reference}"]})
            # Its SKU may be another item's, where products are known by their seller SKUs.
            sku = reference if state.item(reference) is None else f"{reference} ({state.next_id()})"
            item = state.put_item({"sku": sku, "name": product["name"], "seller_sku": reference})
            state.journal.record_effect("product.created", reference, {"name": product["name"]})
        return Line(item, product["quantity"], dict(product))

    def _note_method(self, name: str) -> None:
        state = self._state
        if name not in state.methods.values() and state.rules.flag("unknown_method_created"):
            state.methods[state.next_id()] = name
            state.journal.record_effect("method.created", name)


def _faults(document: JsonObject) -> dict[str, list[str]]:
    """Return the faulty fields of a posted order with what is wrong with them."""
    faults: dict[str, list[str]] = {}
    recipient = _object(document.get("recipient"))
    address = _object(recipient.get("address"))
    required = {
        "reference_id": document.get("reference_id"),
        "shipping_method": document.get("shipping_method"),
        "recipient.name": recipient.get("name"),
        "recipient.address.address1": address.get("address1"),
        "recipient.address.city": address.get("city"),
        "recipient.address.country": address.get("country"),
    }
    for name, value in required.items():
        if not (isinstance(value, str) and value):
            faults[name] = ["The field is required."]
    if document.get("type") not in _TYPES:
        faults["type"] = [f"The value is not one of {', '.join(_TYPES)}."]
    texts = [(name, document.get(name), most) for name, most in _LONGEST.items()]
    texts += [
        (f"recipient.{name}", recipient.get(name), most) for name, most in _LONGEST_OF_RECIPIENT.items()
    ]
    for number, tag in enumerate(document.get("tags") or ()):
        texts += [
            (f"tags[{number}].{name}", _object(tag).get(name), most) for name, most in _LONGEST_OF_TAG.items()
        ]
        if not all(_object(tag).get(name) for name in _LONGEST_OF_TAG):
            faults[f"tags[{number}]"] = ["Name and value are required."]
    for name, value, most in texts:
        if isinstance(value, str) and len(value) > most:
            faults[name] = [f"The field must have a maximum length of {most}."]
    products = document.get("products")
    if not isinstance(products, list) or not products:
        return {**faults, "products": ["The field is required."]}
    for number, product in enumerate(products):
        faults |= _product_faults(f"products[{number}]", _object(product))
    return faults


def _product_faults(place: str, product: Mapping[str, Any]) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    for name in ("reference_id", "name"):
        if not (isinstance(product.get(name), str) and product[name]):
            faults[f"{place}.{name}"] = ["The field is required."]
    for name, least in (("quantity", 1), ("external_line_id", 0)):
        value = product.get(name)
        if name == "external_line_id" and value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _LARGEST:
            faults[f"{place}.{name}"] = ["The value is not a 32-bit integer in the range."]
    return faults


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
