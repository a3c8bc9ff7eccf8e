"""Whatever JSON comes in place of Amazon's, it is read or named, and never an error."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cartage.warehouses.api.rows import read_row
from cartage.warehouses.mcf import packages, translate, wire
from cartage.warehouses.mcf.orders import SHIPPED, order_faults

ORDER: dict[str, Any] = {
    "fulfillmentOrder": {
        "sellerFulfillmentOrderId": "A3_1_0",
        "fulfillmentOrderStatus": "Complete",
        "statusUpdatedDate": "2026-03-01T12:00:00Z",
        "destinationAddress": {
            "name": "Ann",
            "addressLine1": "1 Road",
            "postalCode": "1",
            "countryCode": "US",
        },
    },
    "fulfillmentOrderItems": [
        {
            "sellerSku": "MUG",
            "sellerFulfillmentOrderItemId": "71",
            "quantity": 2,
            "cancelledQuantity": 0,
            "unfulfillableQuantity": 0,
        }
    ],
    "fulfillmentShipments": [
        {
            "amazonShipmentId": "D1",
            "fulfillmentShipmentStatus": "SHIPPED",
            "shippingDate": "2026-03-01T12:00:00Z",
            "fulfillmentShipmentItem": [
                {"sellerSku": "MUG", "sellerFulfillmentOrderItemId": "71", "quantity": 2, "packageNumber": 1}
            ],
            "fulfillmentShipmentPackage": [
                {"packageNumber": 1, "carrierCode": "UPS", "trackingNumber": "1Z9"}
            ],
        }
    ],
}
SUMMARY: dict[str, Any] = {
    "sellerSku": "MUG",
    "fnSku": "X1",
    "productName": "Mug",
    "inventoryDetails": {
        "fulfillableQuantity": 5,
        "reservedQuantity": {"totalReservedQuantity": 1},
        "researchingQuantity": {"totalResearchingQuantity": 0},
        "unfulfillableQuantity": {"totalUnfulfillableQuantity": 0},
    },
}
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2**70,
        1.5,
        1e300,
        "",
        " ",
        "x" * 300,
        "\x00",
        "2026-99-99T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "shipped",
        [],
        {},
        [None],
        [[]],
        [{}],
        {"a": 1},
    ]
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything in a row."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for name, value in inner for found in ((*path, name), *places(value, (*path, name)))]


@st.composite
def damaged(draw: st.DrawFn, row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with one to three odd values."""
    changed = copy.deepcopy(row)
    for path in draw(st.lists(st.sampled_from(places(row)), min_size=1, max_size=3)):
        holder: Any = changed
        # An earlier damage may have taken the place away.
        with suppress(KeyError, IndexError, TypeError):
            for name in path[:-1]:
                holder = holder[name]
            holder[path[-1]] = draw(ODD)
    return changed


@given(damaged(ORDER))
def test_any_order_is_read_or_named(raw: dict[str, Any]) -> None:
    row = read_row(wire.OutboundOrder, raw)
    found = translate.remote_order(row.value)
    left = packages.shipments(row.value)
    assert isinstance(packages.unshipped(row.value), list)
    assert found.packages == tuple(package for shipment in left for package in shipment.packages)
    if not order_faults(row, SHIPPED) and raw.get("fulfillmentShipments") == ORDER["fulfillmentShipments"]:
        assert [package.tracking for package in found.packages] == ["1Z9"]


@given(damaged(SUMMARY))
def test_any_summary_is_read_or_named(raw: dict[str, Any]) -> None:
    row = read_row(wire.InventorySummary, raw)
    level = translate.stock_level(row.value)
    assert level.sku == row.value.seller_sku
    details = raw.get("inventoryDetails")
    if not row.faults and isinstance(details, dict) and details.get("fulfillableQuantity") == 5:
        assert level.available == 5


def test_a_sound_row_has_no_fault() -> None:
    assert read_row(wire.OutboundOrder, copy.deepcopy(ORDER)).faults == ()
    assert read_row(wire.InventorySummary, copy.deepcopy(SUMMARY)).faults == ()
