"""The system before Cartage, as store and warehouse see it: it uses the invoice number as the reference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cartage_sandbox.extensiv import DEFAULT_CUSTOMER_ID, DEFAULT_FACILITY_ID
from tests.contract.world import World


def invoice_of(world: World, order_id: int) -> str:
    """Return the order's invoice number with its prefix."""
    order = world.shop.store.order(order_id)
    return f"{order['InvoiceNumberPrefix']}{order['InvoiceNumber']}"


def sends(world: World, order_ids: Iterable[int]) -> list[str]:
    """Put orders into the warehouse without Cartage; return their references there."""
    references = []
    for order_id in order_ids:
        references.append(invoice_of(world, order_id))
        world.shop.warehouse.desk.create(_body(world.shop.store.order(order_id), references[-1]))
    return references


def ships(world: World, order_ids: Iterable[int], *, packages: int = 1) -> dict[int, list[str]]:
    """Let the warehouse ship such orders; return the tracking numbers of each."""
    floor, numbers = world.shop.warehouse.floor, {}
    for order_id in order_ids:
        shipped = floor.ship(floor.named([invoice_of(world, order_id)]), packages=packages)
        numbers[order_id] = [package.tracking_number for order in shipped for package in order.packages]
    return numbers


def _body(order: dict[str, Any], reference: str) -> dict[str, Any]:
    to = order["ShipmentList"][0]
    return {
        "customerIdentifier": {"id": DEFAULT_CUSTOMER_ID},
        "facilityIdentifier": {"id": DEFAULT_FACILITY_ID},
        "referenceNum": reference,
        "shipTo": {
            "name": f"{to['ShipmentFirstName']} {to['ShipmentLastName']}",
            "address1": to["ShipmentAddress"],
            "city": to["ShipmentCity"],
            "state": to["ShipmentState"],
            "zip": to["ShipmentZipCode"],
            "country": to["ShipmentCountry"],
        },
        # The old system's lines may differ from the store's: for example, it may count cartons.
        "orderItems": [
            {"itemIdentifier": {"sku": line["ItemID"]}, "qty": line["ItemQuantity"] + 1}
            for line in order["OrderItemList"]
        ],
    }
