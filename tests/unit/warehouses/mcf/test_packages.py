"""Shipments and packages of orders as Amazon writes them, the odd ones included."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cartage.model.orders import PackageContent
from cartage.warehouses.api.rows import read_row
from cartage.warehouses.mcf import wire
from cartage.warehouses.mcf.packages import packages, shipments, unshipped


def item(quantity: int, number: int | None = None, item_id: str = "71", sku: str = "MUG") -> dict[str, Any]:
    return {
        "sellerSku": sku,
        "sellerFulfillmentOrderItemId": item_id,
        "quantity": quantity,
        "packageNumber": number,
    }


def shipment(
    name: str, status: str, *items: dict[str, Any], boxes: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    return {
        "amazonShipmentId": name,
        "fulfillmentShipmentStatus": status,
        "fulfillmentShipmentItem": list(items),
        "fulfillmentShipmentPackage": list(boxes),
    }


def order(status: str, *found: dict[str, Any]) -> wire.OutboundOrder:
    row = read_row(
        wire.OutboundOrder,
        {
            "fulfillmentOrder": {"sellerFulfillmentOrderId": "A3_1_0", "fulfillmentOrderStatus": status},
            "fulfillmentShipments": list(found),
        },
    )
    assert row.faults == ()
    return row.value


def box(number: int, **numbers: str) -> dict[str, Any]:
    return {"packageNumber": number, "carrierCode": "UPS", **numbers}


def test_the_carriers_number_comes_before_amazons_own() -> None:
    [both] = packages(
        order(
            "Complete",
            shipment(
                "D1",
                "SHIPPED",
                item(1, 1),
                boxes=(box(1, trackingNumber="1Z999AA10123456784", amazonFulfillmentTrackingNumber="TBA1"),),
            ),
        ).fulfillment_shipments[0]
    )
    assert both.tracking == "1Z999AA10123456784"


def test_a_shipment_that_names_no_package_has_left_in_one() -> None:
    [only] = packages(order("Complete", shipment("D1", "SHIPPED", item(2))).fulfillment_shipments[0])
    assert (only.key, only.tracking) == ("D1/1", "")
    assert only.contents == (PackageContent("MUG", Decimal(2), 71),)


def test_what_one_line_has_in_a_package_is_added_up() -> None:
    entries = (item(1, 1), item(2, 1), item(1, 2))
    found = packages(
        order("Complete", shipment("D1", "SHIPPED", *entries, boxes=(box(1), box(2)))).fulfillment_shipments[
            0
        ]
    )
    assert [package.contents for package in found] == [
        (PackageContent("MUG", Decimal(3), 71),),
        (PackageContent("MUG", Decimal(1), 71),),
    ]


def test_only_what_has_left_is_a_shipment() -> None:
    mixed = order(
        "Processing",
        shipment("D1", "SHIPPED", item(1, 1), boxes=(box(1),)),
        shipment("D2", "PENDING", item(1)),
        shipment("D3", "CANCELLED_BY_FULFILLER", item(1)),
        shipment("D4", "CANCELLED_BY_SELLER", item(1)),
    )
    [left] = shipments(mixed)
    assert (left.key, left.reference, left.final) == ("D1", "A3_1_0", False)
    assert unshipped(mixed) == ["D2", "D3", "D4"]


def test_an_order_of_which_nothing_has_left_is_named_itself() -> None:
    assert unshipped(order("Received")) == ["A3_1_0"]


def test_a_line_of_another_system_is_known_by_its_sku() -> None:
    [left] = shipments(order("Complete", shipment("D1", "SHIPPED", item(1, 1, "shop-9"), boxes=(box(1),))))
    assert left.lines == (PackageContent("MUG", Decimal(1), None),)
