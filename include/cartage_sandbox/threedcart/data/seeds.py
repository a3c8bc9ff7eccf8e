"""Complete a seeded order or product, so that a test names only what it is about.

Everything in a seed is kept as it is, including nulls and wrong types.
"""

from __future__ import annotations

from typing import Any

from cartage_sandbox.generate import shapes
from cartage_sandbox.generate.money import amount_of, dicts
from cartage_sandbox.generate.shapes import Json

_PERSON = {"FirstName": "Robin", "LastName": "Example", "Address": "12 Invented Way", "City": "Springfield"}
_PLACE = {"State": "FL", "ZipCode": "33000", "Country": "US"}
_BILLING = {f"Billing{key}": value for key, value in {**_PERSON, **_PLACE}.items()} | {
    "BillingEmail": "robin@example.test",
    "BillingPhoneNumber": "555-010-0199",
}
_SHIPPING = {f"Shipment{key}": value for key, value in {**_PERSON, **_PLACE}.items()} | {
    "ShipmentPhone": "555-010-0199",
    "ShipmentMethodName": "USPS - Priority Mail",
    "ShipmentCost": 7.5,
}
SAMPLE_SKU = "SAMPLE-1"
_LINE = {"ItemID": SAMPLE_SKU, "ItemDescription": "Sample", "ItemUnitPrice": 20.0, "CatalogID": 1}


def filled_order(given: Json, order_id: int, now: str) -> Json:
    """Return a complete order, with an address, a shipment and a line if the seed has none."""
    order = shapes.order() | _BILLING | {"OrderDate": now, "LastUpdate": now, "InvoiceNumber": order_id}
    order |= {"ShipmentList": [{}], "OrderItemList": [{}]} | given | {"OrderID": order_id}
    order["ShipmentList"] = _rows(order["ShipmentList"], shapes.shipment() | _shipping(order, now))
    order["OrderItemList"] = _rows(order["OrderItemList"], shapes.item() | _LINE)
    _number(order)
    if "OrderAmount" not in given:
        order["OrderAmount"] = float(amount_of(order))
    return order


def filled_product(given: Json, catalog_id: int, now: str) -> Json:
    """Return a complete product with this CatalogID."""
    product = shapes.product() | {"LastUpdate": now} | given
    info = product["SKUInfo"] if isinstance(product["SKUInfo"], dict) else {}
    product["SKUInfo"] = shapes.sku_info() | info | {"CatalogID": catalog_id}
    product["AdvancedOptionList"] = _rows(product["AdvancedOptionList"], shapes.advanced_option())
    return product


def _shipping(order: Json, now: str) -> Json:
    return _SHIPPING | {"ShipmentOrderStatus": order["OrderStatusID"], "ShipmentLastUpdate": now}


def _rows(given: Any, default: Json) -> Any:
    if not isinstance(given, list):
        return given
    return [{**default, **each} if isinstance(each, dict) else each for each in given]


def _number(order: Json) -> None:
    for position, shipment in enumerate(dicts(order["ShipmentList"]), 1):
        shipment["ShipmentNumber"] = position
    for position, line in enumerate(dicts(order["OrderItemList"]), 1):
        line["ItemIndexID"] = line["ItemIndexID"] or order["OrderID"] * 100 + position
