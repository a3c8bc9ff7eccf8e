from __future__ import annotations

from typing import Any

import pytest


def order(**changes: Any) -> dict[str, Any]:
    """Return an order with one shipment and one line, as the store sends it; `changes` replace or add keys."""
    return {
        "InvoiceNumberPrefix": "AB-",
        "InvoiceNumber": 20417,
        "OrderID": 31882,
        "CustomerID": 0,
        "OrderDate": "2026-03-02T09:14:55",
        "OrderStatusID": 1,
        "LastUpdate": "2026-03-02T09:15:03",
        "UserID": "",
        "BillingEmail": "zoe@example.test",
        "BillingPhoneNumber": "555-010-0199",
        "ShipmentList": [shipment()],
        "OrderItemList": [item()],
        "OrderAmount": 88.9,
        "CustomerComments": "",
    } | changes


def shipment(**changes: Any) -> dict[str, Any]:
    return {
        "ShipmentID": 0,
        "ShipmentFirstName": "Zoë",
        "ShipmentLastName": "Example-O’Neil",
        "ShipmentCompany": "",
        "ShipmentAddress": "12 Invented Way",
        "ShipmentAddress2": "Apt 4",
        "ShipmentCity": "Springfield",
        "ShipmentState": "FL",
        "ShipmentZipCode": "33000",
        "ShipmentCountry": "US",
        "ShipmentPhone": "555-010-0100",
        "ShipmentEmail": "",
        "ShipmentMethodName": "USPS - Priority Mail",
        "ShipmentTrackingCode": "",
    } | changes


def item(**changes: Any) -> dict[str, Any]:
    return {
        "CatalogID": 14,
        "ItemIndexID": 90211,
        "ItemID": "PACK-GRN-L",
        "ItemShipmentID": 0,
        "ItemQuantity": 2.0,
        "ItemDescription": "Trail Pack<br><b>Color:</b>&nbsp;Green",
        "ItemUnitPrice": 40.0,
        "ItemOptionPrice": 5.0,
        "ItemAdditionalField3": "",
        "ItemCatalogIDOptions": "",
    } | changes


class Make:
    order = staticmethod(order)
    shipment = staticmethod(shipment)
    item = staticmethod(item)


@pytest.fixture
def make() -> Make:
    """Make orders, shipments and items as the store sends them."""
    return Make()
