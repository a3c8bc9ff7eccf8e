"""Read a submitted order: what is required, what must exist, what is too long.

All faults of an order are reported together. `OrderDesk` checks whether the reference is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from cartage_sandbox.extensiv.data.model import Item, JsonObject, Party
from cartage_sandbox.extensiv.data.state import WarehouseState
from cartage_sandbox.extensiv.wire.errors import invalid_model, model_fault
from cartage_sandbox.extensiv.wire.rels import ITEM_REL

_SERVER_OWNED = ("readOnly", "_links", "_embedded", "orderItems", "customerIdentifier", "facilityIdentifier")
_ORDER_LIMITS = ("referenceNum", "poNum", "externalId", "notes", "shippingNotes")
_ADDRESS_LIMITS = (
    "companyName",
    "name",
    "address1",
    "address2",
    "city",
    "state",
    "zip",
    "country",
    "phoneNumber",
    "emailAddress",
)
_ADDRESS_REQUIRED = ("address1", "city", "zip", "country")


@dataclass(frozen=True)
class DraftLine:
    """A requested line that can be fulfilled."""

    item: Item
    qty: Decimal
    document: JsonObject


@dataclass(frozen=True)
class Draft:
    """A submitted order that was read and is valid. `lines` is None if none were sent."""

    customer: Party
    facility: Party
    reference: str
    document: JsonObject
    lines: list[DraftLine] | None
    deferred: bool = False


def read_draft(posted: Any, state: WarehouseState, *, lines_required: bool = True) -> Draft:
    """Return the submitted order. Raises Refusal (400) naming every fault."""
    document = camel(posted) if isinstance(posted, dict) else {}
    reader = _Reader(document, state)
    customer = reader.party("customerIdentifier", state.catalogue.customers)
    facility = reader.party("facilityIdentifier", state.catalogue.facilities)
    reader.check_fields()
    lines = reader.lines(customer, required=lines_required)
    if reader.faults or customer is None or facility is None:
        raise invalid_model(reader.faults)
    kept = {name: value for name, value in document.items() if name not in _SERVER_OWNED}
    deferred = kept.pop("deferNotification", None) is True
    return Draft(customer, facility, str(document["referenceNum"]), kept, lines, deferred)


class _Reader:
    def __init__(self, document: JsonObject, state: WarehouseState) -> None:
        self.document, self.state = document, state
        self.faults: list[JsonObject] = []

    def fault(self, code: str, name: str, value: Any, hint: str) -> None:
        self.faults.append(model_fault(code, name, value, hint))

    def party(self, field: str, parties: Mapping[int, Party]) -> Party | None:
        name = field[0].upper() + field[1:]
        given = self.document.get(field)
        if not given:
            self.fault("Required", name, None, f"{name} is required.")
            return None
        party = self.state.catalogue.party(parties, given)
        if party is None:
            self.fault("DoesNotExist", name, str(given), f"{name} does not exist.")
        return party

    def check_fields(self) -> None:
        if not str(self.document.get("referenceNum") or "").strip():
            self.fault("Required", "ReferenceNum", None, "ReferenceNum is required.")
        self.check_lengths("", self.document, _ORDER_LIMITS)
        self.check_address()
        self.check_carrier()

    def check_address(self) -> None:
        address = self.document.get("shipTo")
        if not isinstance(address, dict) or not address:
            self.fault("Required", "ShipTo", None, "ShipTo is required.")
            return
        self.check_lengths("ShipTo.", address, _ADDRESS_LIMITS)
        if not self.state.rules.flag("needs_complete_address"):
            return
        if not (address.get("name") or address.get("companyName")):
            self.fault("Required", "ShipTo.Name", None, "ShipTo needs Name or CompanyName.")
        for field in _ADDRESS_REQUIRED:
            if not str(address.get(field) or "").strip():
                name = f"ShipTo.{field[0].upper()}{field[1:]}"
                self.fault("Required", name, address.get(field), f"{name} is required.")

    def check_carrier(self) -> None:
        rules, catalogue = self.state.rules, self.state.catalogue
        routing = self.document.get("routingInfo") or {}
        carrier, mode = routing.get("carrier"), routing.get("mode")
        known = {each.name: each.services or catalogue.default_services for each in catalogue.carriers}
        if rules.flag("needs_known_carrier") and carrier and carrier not in known:
            self.fault("DoesNotExist", "RoutingInfo.Carrier", carrier, "The carrier does not exist.")
        codes = [code for code, _ in known.get(str(carrier), ())]
        if rules.flag("needs_known_service") and mode and mode not in codes:
            self.fault("DoesNotExist", "RoutingInfo.Mode", mode, "The carrier has no such service.")

    def check_lengths(self, prefix: str, values: JsonObject, fields: Sequence[str]) -> None:
        for field in fields:
            self.check_length(f"{prefix}{field[0].upper()}{field[1:]}", values.get(field), field)

    def check_length(self, name: str, value: Any, limited: str) -> None:
        limit = self.state.rules.integer(f"max_length_{limited}")
        if isinstance(value, str) and len(value) > limit:
            self.fault("ValueNotSupported", name, value, f"{name} is longer than {limit} characters.")

    def lines(self, customer: Party | None, *, required: bool) -> list[DraftLine] | None:
        given = self.document.get("orderItems") or (self.document.get("_embedded") or {}).get(ITEM_REL)
        if not given or not isinstance(given, list):
            if required:
                self.fault("Required", "OrderItems", None, "At least one order item is required.")
            return None
        read = [self.line(line, customer) for line in given]
        return [line for line in read if line is not None]

    def line(self, given: Any, customer: Party | None) -> DraftLine | None:
        line = given if isinstance(given, dict) else {}
        identifier = line.get("itemIdentifier")
        if not isinstance(identifier, dict) or not (identifier.get("sku") or identifier.get("id")):
            self.fault("Required", "ItemIdentifier", None, "ItemIdentifier is required.")
            return None
        self.check_length("OrderItems.Notes", line.get("notes"), "lineNotes")
        qty = _quantity(line.get("qty"))
        if qty is None:
            self.fault("Required", "Qty", line.get("qty"), "Qty must be greater than 0.")
        item = None if customer is None else self.item(identifier, customer)
        if customer is not None and item is None:
            wanted = identifier.get("sku") or identifier.get("id")
            self.fault("DoesNotExist", "ItemIdentifier.Sku", wanted, f"Item does not exist: {wanted}")
        if item is None or qty is None:
            return None
        kept = {
            name: value for name, value in line.items() if name not in ("readOnly", "_links", "_embedded")
        }
        return DraftLine(item, qty, kept)

    def item(self, identifier: JsonObject, customer: Party) -> Item | None:
        if identifier.get("sku"):
            item = self.state.item(customer.id, str(identifier["sku"]))
        else:
            every = self.state.catalogue.items(customer.id)
            item = next((each for each in every if str(each.item_id) == str(identifier["id"])), None)
        return None if item is None or item.deactivated else item


def camel(value: Any) -> Any:
    """Return a document with camelCase keys: the API also reads PascalCase (Newtonsoft)."""
    if isinstance(value, dict):
        return {_camel_key(key): camel(each) for key, each in value.items()}
    return [camel(each) for each in value] if isinstance(value, list) else value


def _camel_key(key: str) -> str:
    return key if key[:1].islower() or key.startswith("_") else key[:1].lower() + key[1:]


def _quantity(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        qty = Decimal(str(value))
    except InvalidOperation:
        return None
    return qty if qty.is_finite() and qty > 0 else None
