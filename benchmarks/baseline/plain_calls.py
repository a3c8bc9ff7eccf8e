"""The job as a plain script: one call after the other with requests, without ledger, checks or retries.

It makes the same lists, validations and writes as Cartage, but has no protection from sending an order twice.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Collection, Mapping
from typing import Any

import requests

STORE, WAREHOUSE = "AIRFLOW_CONN_THREEDCART_DEMO", "AIRFLOW_CONN_EXTENSIV_DEMO"
NEW, PROCESSING = 1, 2
CUSTOMER, FACILITY = 12, 1
_HAL = "application/hal+json"
_TIMEOUT = 60
_PAGE, _ITEMS_PAGE = 300, 100
_ADDRESS = ("ShipmentFirstName", "ShipmentAddress", "ShipmentCity", "ShipmentCountry")
_ORDER_FIELDS = ("OrderID", "InvoiceNumberPrefix", "InvoiceNumber")
_SHIPMENT_FIELDS = (
    *_ADDRESS, "ShipmentID", "ShipmentLastName", "ShipmentState", "ShipmentZipCode", "ShipmentMethodName",
)  # fmt: skip
_LINE_FIELDS = ("ItemID", "ItemQuantity")

Order = dict[str, Any]


def list_orders() -> list[Order]:
    """Return every order in status New, with the fields that the later steps need, since it goes through XCom."""
    orders: list[Order] = []
    while True:
        response = requests.get(
            f"{_url(STORE)}/3dCartWebAPI/v1/Orders",
            params={"orderstatus": NEW, "limit": _PAGE, "offset": len(orders) + 1},
            headers=_store_headers(),
            timeout=_TIMEOUT,
        )
        # After the last page the store responds with 404, or with 400 if the last page was full.
        page = response.json() if response.ok else []
        orders += [_needed(order) for order in page]
        if len(page) < _PAGE:
            return orders


def list_skus() -> list[str]:
    """Return every SKU of the warehouse."""
    skus: list[str] = []
    while True:
        response = requests.get(
            f"{_url(WAREHOUSE)}/customers/{CUSTOMER}/items",
            params={"pgsiz": _ITEMS_PAGE, "pgnum": len(skus) // _ITEMS_PAGE + 1},
            headers=_warehouse_headers(),
            timeout=_TIMEOUT,
        )
        response.raise_for_status()
        page = response.json()["_embedded"]["http://api.3plCentral.com/rels/customers/item"]
        skus += [item["sku"] for item in page]
        if len(page) < _ITEMS_PAGE:
            return skus


def validate(order: Order, skus: Collection[str]) -> Order:
    """Return the request for the warehouse.

    Raises:
        ValueError: if a SKU is unknown or the address is incomplete.
    """
    [shipment] = order["ShipmentList"]
    lines = [
        {"itemIdentifier": {"sku": item["ItemID"]}, "qty": item["ItemQuantity"]}
        for item in order["OrderItemList"]
    ]
    unknown = [line["itemIdentifier"]["sku"] for line in lines if line["itemIdentifier"]["sku"] not in skus]
    if unknown or not all(shipment[field] for field in _ADDRESS):
        raise ValueError(f"order {order['OrderID']} cannot be shipped; unknown SKUs: {unknown}")
    return {
        "OrderID": order["OrderID"],
        "body": {
            "customerIdentifier": {"id": CUSTOMER},
            "facilityIdentifier": {"id": FACILITY},
            "referenceNum": f"BASE_{order['OrderID']}_{shipment['ShipmentID']}",
            "poNum": f"{order['InvoiceNumberPrefix']}{order['InvoiceNumber']}",
            "routingInfo": {"carrier": "UPS", "mode": shipment["ShipmentMethodName"]},
            "shipTo": {
                "name": f"{shipment['ShipmentFirstName']} {shipment['ShipmentLastName']}",
                "address1": shipment["ShipmentAddress"],
                "city": shipment["ShipmentCity"],
                "state": shipment["ShipmentState"],
                "zip": shipment["ShipmentZipCode"],
                "country": shipment["ShipmentCountry"],
            },
            "orderItems": lines,
        },
    }


def transfer(checked: Mapping[str, Any]) -> int:
    """Create the order at the warehouse, and return its OrderID in the store."""
    response = requests.post(
        f"{_url(WAREHOUSE)}/orders",
        data=json.dumps(checked["body"]),
        headers={**_warehouse_headers(), "Content-Type": _HAL},
        timeout=_TIMEOUT,
    )
    response.raise_for_status()
    return int(checked["OrderID"])


def acknowledge(order_id: int) -> None:
    """Set Processing in the store."""
    response = requests.put(
        f"{_url(STORE)}/3dCartWebAPI/v1/Orders/{order_id}",
        json={"OrderStatusID": PROCESSING},
        headers=_store_headers(),
        timeout=_TIMEOUT,
    )
    response.raise_for_status()


def _needed(order: Order) -> Order:
    """Return the few fields that are needed; a complete order has about 150."""
    return {
        **{name: order[name] for name in _ORDER_FIELDS},
        "ShipmentList": [
            {name: shipment[name] for name in _SHIPMENT_FIELDS} for shipment in order["ShipmentList"]
        ],
        "OrderItemList": [{name: item[name] for name in _LINE_FIELDS} for item in order["OrderItemList"]],
    }


def _connection(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(os.environ[name])
    return found


def _url(name: str) -> str:
    found = _connection(name)
    return f"{found['schema']}://{found['host']}:{found['port']}"


def _store_headers() -> dict[str, str]:
    extra = _connection(STORE)["extra"]
    return {
        "SecureURL": extra["secure_url"].removeprefix("https://"),
        "PrivateKey": extra["private_key"],
        "Token": extra["token"],
        "Accept": "application/json",
    }


def _warehouse_headers() -> dict[str, str]:
    """Sign in and return the headers. It signs in for each call, as separate tasks have to."""
    found = _connection(WAREHOUSE)
    pair = b64encode(f"{found['login']}:{found['password']}".encode()).decode()
    response = requests.post(
        f"{_url(WAREHOUSE)}/AuthServer/api/Token",
        json={"grant_type": "client_credentials", "user_login": found["extra"]["user_login"]},
        headers={"Authorization": f"Basic {pair}"},
        timeout=_TIMEOUT,
    )
    response.raise_for_status()
    return {"Authorization": f"Bearer {response.json()['access_token']}", "Accept": _HAL}
