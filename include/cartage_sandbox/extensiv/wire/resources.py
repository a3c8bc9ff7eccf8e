"""Orders, packages, items, stock and carriers as hal+json shows them: camelCase, `_embedded` by rel.

Shapes follow warehouse-apis.md section 2 and the samples of singer-io/tap-3plcentral.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from cartage_sandbox.extensiv.data.catalogue import Carrier
from cartage_sandbox.extensiv.data.model import Content, Item, JsonObject, Line, Order, Package, Party
from cartage_sandbox.extensiv.timestamps import Timestamps
from cartage_sandbox.extensiv.wire.addresses import shown_address
from cartage_sandbox.extensiv.wire.rels import CONTENT_REL, ITEM_REL
from cartage_sandbox.extensiv.wire.tracking_fields import TrackingFields
from cartage_sandbox.kernel.rules import Rules

DETAILS = frozenset(
    {
        "none",
        "orderitems",
        "billingdetails",
        "savedelements",
        "packages",
        "contacts",
        "proposedbilling",
        "outboundserialnumbers",
        "smallparcel",
        "parceloptions",
        "inserts",
        "all",
    }
)
ITEM_DETAILS = frozenset({"none", "savedelements", "allocations", "allocationswithdetail", "all"})
_UNIT = {"name": "Each", "id": 1}


class Resources:
    """Renders rows, following the rules when they change."""

    def __init__(self, rules: Rules, timestamps: Timestamps) -> None:
        self._rules, self._times, self._written = rules, timestamps, TrackingFields(rules)

    def order(self, order: Order, detail: Collection[str], item_detail: Collection[str]) -> JsonObject:
        """Return an order with the parts in `detail` (lower-case names; "all" is everything)."""
        shown: JsonObject = {"readOnly": self._read_only(order, _asks(detail, "packages"))}
        shown |= order.document
        shown["referenceNum"] = order.reference
        if "shipTo" in shown:
            shown["shipTo"] = shown_address(self._rules, shown["shipTo"])
        shown["numUnits1"] = _number(sum((line.qty for line in order.lines), Decimal(0)))
        shown["unit1Identifier"] = _UNIT
        self._add_tracking(shown, order, detail)
        if not _asks(detail, "savedelements"):
            shown.pop("savedElements", None)
        if _asks(detail, "orderitems"):
            shown["_embedded"] = {ITEM_REL: [self.line(line, item_detail) for line in order.lines]}
        shown["_links"] = _links(f"/orders/{order.order_id}", "packages", "items", "canceler")
        return shown

    def line(self, line: Line, item_detail: Collection[str]) -> JsonObject:
        """Return an order line."""
        read_only: JsonObject = {
            "orderItemId": line.order_item_id,
            "fullyAllocated": line.allocated >= line.qty,
            "unitIdentifier": _UNIT,
            "rowVersion": f"{line.order_item_id:016x}",
        }
        if _asks(item_detail, "allocations", "allocationswithdetail"):
            allocation = {"receiveItemId": line.item.item_id, "qty": _number(line.allocated)}
            read_only["allocations"] = [allocation] if line.allocated else []
        shown = {"readOnly": read_only, **line.document}
        shown["itemIdentifier"] = _item_identifier(line.item)
        shown["qty"] = _number(line.qty)
        if not _asks(item_detail, "savedelements"):
            shown.pop("savedElements", None)
        return shown

    def package(self, order: Order, package: Package) -> JsonObject:
        """Return a package as a separate resource, with its contents embedded."""
        contents = [self._content(package, each) for each in package.contents]
        return {
            **self._package(order, package),
            "readOnly": {"oversize": False, "cod": False, "ucc128": None},
            "_embedded": {CONTENT_REL: contents},
        }

    def customer_item(self, item: Item, customer: Party) -> JsonObject:
        """Return an item of a customer's catalogue."""
        return {
            "readOnly": {
                "customerIdentifier": customer_identifier(customer),
                "itemId": item.item_id,
                "creationDate": self._times.shown(item.created_at),
                "lastModifiedDate": self._times.shown(item.modified_at),
                "deactivated": item.deactivated,
            },
            "itemId": item.item_id,
            "sku": item.sku,
            "upc": item.upc,
            "description": item.description,
            "options": {"inventoryUnit": {"unitIdentifier": _UNIT}},
            "_links": _links(f"/customers/{item.customer_id}/items/{item.item_id}"),
        }

    def stock_summary(self, item: Item, *, ordered: bool) -> JsonObject:
        """Return a row of /inventory/stocksummaries. It names no customer. `ordered`: what is not allocated, too."""
        return {
            "itemIdentifier": _item_identifier(item),
            "qualifier": "",
            "totalReceived": _number(item.on_hand + item.shipped),
            "allocated": _number(item.allocated),
            "available": _number(item.available),
            "onHold": _number(item.on_hold),
            "onHand": _number(item.on_hand),
            "orderedNotAllocated": _number(item.ordered_not_allocated) if ordered else None,
            "facilityId": item.facility_id,
        }

    def stock_detail(self, item: Item) -> JsonObject:
        """Return a row of /inventory/stockdetails: one receipt holds all of an item's stock."""
        return {
            "receiveItemId": item.item_id,
            "itemIdentifier": _item_identifier(item),
            "description": item.description,
            "qualifier": "",
            "received": _number(item.on_hand + item.shipped),
            "available": _number(item.available),
            "isOnHold": item.on_hold > 0,
            "quarantined": False,
            "onHand": _number(item.on_hand),
            "receivedDate": self._times.shown(item.created_at),
        }

    def _read_only(self, order: Order, packages: bool) -> JsonObject:
        times = self._times
        processed_at = order.processed_at if self._rules.flag("process_date_shown") else None
        shown: JsonObject = {
            "orderId": order.order_id,
            "customerIdentifier": customer_identifier(order.customer),
            "facilityIdentifier": facility_identifier(order.facility),
            "isClosed": order.is_closed,
            "status": int(order.status),
            "fullyAllocated": order.fully_allocated,
            "deferNotification": order.incomplete,
            "processDate": times.shown(processed_at),
            "shipDate": times.shown(order.processed_at),
            "pickDoneDate": times.floor_shown(order.packages[0].created_at) if order.packages else None,
            "loadOutDoneDate": times.floor_shown(order.loaded_at),
            "packDoneDate": times.shown(order.packages[0].created_at) if order.packages else None,
            "creationDate": times.shown(order.created_at),
            "lastModifiedDate": times.shown(order.modified_at),
            "createdByIdentifier": {"name": "API", "id": 1},
        }
        if packages:
            shown["packages"] = self._packages(order)
        return shown

    def _packages(self, order: Order) -> list[JsonObject]:
        shown = []
        for package in order.packages:
            contents = [self._content(package, each) for each in package.contents]
            shown.append({**self._package(order, package), "packageContents": contents})
        return shown

    def _package(self, order: Order, package: Package) -> JsonObject:
        return {
            "packageId": self._package_id(package),
            "packageTypeId": 1,
            "length": 12.0,
            "width": 9.0,
            "height": 4.0,
            "weight": _number(package.weight),
            "trackingNumber": self._written.in_package(order, package) if self._shows("packages") else None,
            "description": f"{package.carrier} {package.service}".strip(),
            "createDate": self._times.shown(package.created_at),
        }

    def _content(self, package: Package, content: Content) -> JsonObject:
        return {
            "packageContentId": content.content_id,
            "packageId": self._package_id(package),
            "orderItemId": content.line.order_item_id,
            "itemIdentifier": _item_identifier(content.line.item),
            "qty": _number(content.qty),
            "lotNumber": None,
            "serialNumber": None,
            "createDate": self._times.shown(package.created_at),
        }

    def _package_id(self, package: Package) -> int:
        return 0 if self._rules.text("package_ids") == "zero" else package.package_id

    def _add_tracking(self, shown: JsonObject, order: Order, detail: Collection[str]) -> None:
        if order.packages and self._shows("routing"):
            routing = shown.get("routingInfo") or {}
            shown["routingInfo"] = {**routing, "trackingNumber": self._written.of_order(order)}
        if order.packages and self._shows("parcel") and _asks(detail, "smallparcel", "parceloptions"):
            shown["parcelResponse"] = {"trackingNumbers": self._written.labels(order)}

    def _shows(self, place: str) -> bool:
        return self._rules.text("tracking_shown") in ("all", place)


def customer_identifier(customer: Party) -> JsonObject:
    """Return every identification of a customer."""
    return {"externalId": customer.external_id, "name": customer.name, "id": customer.id}


def facility_identifier(facility: Party) -> JsonObject:
    """Return every identification of a facility."""
    return {"name": facility.name, "id": facility.id}


def carrier_shown(carrier: Carrier) -> JsonObject:
    """Return a carrier for /properties/carriers."""
    return {
        "name": carrier.name,
        "scacCode": carrier.scac,
        "description": carrier.name,
        "deactivated": carrier.deactivated,
        "disallowOnOrder": carrier.disallow_on_order,
        "shipmentServices": services_shown(carrier.services),
        "billingCodes": billing_codes_shown(carrier.billing_codes),
    }


def services_shown(services: Iterable[tuple[str, str]]) -> list[JsonObject]:
    """Return services, as a carrier or the defaults list them."""
    return [{"code": code, "description": text, "deactivated": False} for code, text in services]


def billing_codes_shown(codes: Iterable[str]) -> list[JsonObject]:
    """Return billing codes, as a carrier or the defaults list them."""
    return [{"code": code, "billingCodeType": number} for number, code in enumerate(codes)]


def _item_identifier(item: Item) -> JsonObject:
    return {"sku": item.sku, "id": item.item_id}


def _asks(detail: Collection[str], *names: str) -> bool:
    return "all" in detail or any(name in detail for name in names)


def _links(path: str, *children: str) -> JsonObject:
    links: dict[str, Any] = {"self": {"href": path}}
    return links | {name: {"href": f"{path}/{name}"} for name in children}


def _number(value: Decimal) -> float:
    return float(value)
