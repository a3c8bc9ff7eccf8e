"""Orders and stock as the APIs write them. A field without a value is left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.mcf.data.model import Goods, JsonObject, Line, Order, Parcel, Shipment, ShipmentStatus
from cartage_sandbox.mcf.data.state import MARKETPLACE_ID

_INTERNAL_MARKETPLACE = "31060"
_ECHOED = (
    "displayableOrderId",
    "displayableOrderDate",
    "displayableOrderComment",
    "shippingSpeedCategory",
    "destinationAddress",
    "fulfillmentAction",
    "fulfillmentPolicy",
    "featureConstraints",
    "notificationEmails",
)


def stamp(moment: datetime) -> str:
    """Return a time as the APIs write it: in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def order_head(order: Order, rules: Rules) -> JsonObject:
    """Return an order as the list shows it: without items and shipments."""
    marketplace = order.document.get("marketplaceId") or MARKETPLACE_ID
    return {
        "sellerFulfillmentOrderId": order.seller_id,
        "marketplaceId": _INTERNAL_MARKETPLACE
        if rules.text("marketplace_shown") == "internal"
        else marketplace,
        "fulfillmentAction": "Ship",
        "fulfillmentPolicy": "FillOrKill",
        **{name: order.document[name] for name in _ECHOED if order.document.get(name) is not None},
        "receivedDate": stamp(order.received_at),
        "fulfillmentOrderStatus": order.status.value,
        "statusUpdatedDate": stamp(order.status_at),
    }


def order_document(order: Order, rules: Rules) -> JsonObject:
    """Return an order as it is shown by its id."""
    shown: JsonObject = {
        "fulfillmentOrder": order_head(order, rules),
        "fulfillmentOrderItems": [_line(line) for line in order.lines],
        "returnItems": [],
        "returnAuthorizations": [],
    }
    if order.shipments:
        shown["fulfillmentShipments"] = [_shipment(shipment, rules) for shipment in order.shipments]
    return shown


def summary(goods: Goods, *, details: bool) -> JsonObject:
    """Return the stock of a SKU."""
    shown: JsonObject = {
        "asin": f"B{goods.fn_sku[1:]}",
        "fnSku": goods.fn_sku,
        "sellerSku": goods.sku,
        "condition": "NewItem",
        "lastUpdatedTime": stamp(goods.updated_at),
        "productName": goods.name,
        "totalQuantity": goods.total,
    }
    if details:
        shown["inventoryDetails"] = _details(goods)
    return shown


def _details(goods: Goods) -> JsonObject:
    return {
        "fulfillableQuantity": goods.fulfillable,
        "inboundWorkingQuantity": 0,
        "inboundShippedQuantity": goods.inbound,
        "inboundReceivingQuantity": 0,
        "reservedQuantity": {
            "totalReservedQuantity": goods.reserved,
            "pendingCustomerOrderQuantity": goods.reserved,
            "pendingTransshipmentQuantity": 0,
            "fcProcessingQuantity": 0,
        },
        "researchingQuantity": {"totalResearchingQuantity": 0, "researchingQuantityBreakdown": []},
        "unfulfillableQuantity": {
            "totalUnfulfillableQuantity": goods.unfulfillable,
            "customerDamagedQuantity": goods.unfulfillable,
            "warehouseDamagedQuantity": 0,
            "distributorDamagedQuantity": 0,
            "carrierDamagedQuantity": 0,
            "defectiveQuantity": 0,
            "expiredQuantity": 0,
        },
    }


def _line(line: Line) -> JsonObject:
    return {
        "sellerSku": line.sku,
        "sellerFulfillmentOrderItemId": line.item_id,
        "quantity": line.quantity,
        "cancelledQuantity": line.cancelled,
        "unfulfillableQuantity": line.unfulfillable,
        **line.document,
    }


def _shipment(shipment: Shipment, rules: Rules) -> JsonObject:
    shown: JsonObject = {
        "amazonShipmentId": shipment.shipment_id,
        "fulfillmentCenterId": shipment.center,
        "fulfillmentShipmentStatus": shipment.status.value,
        "fulfillmentShipmentItem": [
            _without_nothing(
                {
                    "sellerSku": content.line.sku,
                    "sellerFulfillmentOrderItemId": content.line.item_id,
                    "quantity": content.quantity,
                    "packageNumber": content.package if rules.flag("package_numbers_shown") else None,
                }
            )
            for content in shipment.contents
        ],
    }
    # A cancelled shipment has no date.
    if shipment.live:
        shown["shippingDate"] = stamp(shipment.at)
    if shipment.status is ShipmentStatus.SHIPPED:
        shown["fulfillmentShipmentPackage"] = [_parcel(parcel, rules) for parcel in shipment.parcels]
    return shown


def _parcel(parcel: Parcel, rules: Rules) -> JsonObject:
    shown: JsonObject = {"packageNumber": parcel.number, "carrierCode": parcel.carrier}
    field = rules.text("tracking_field")
    return shown if field == "none" else {**shown, field: parcel.tracking}


def _without_nothing(fields: dict[str, Any]) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}
