"""Shipments and items (sections 6.2 and 12): both forms of PUT, POST, charset, padding, mirrored status."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.sandbox.threedcart.shop import Shop, orders, statuses

OpenShop = Callable[..., Shop]
_TWO = {
    "ShipmentList": [{"ShipmentID": 71}, {"ShipmentID": 72}],
    "OrderItemList": [{"ItemIndexID": 5, "ItemShipmentID": 71}, {"ItemIndexID": 6, "ItemShipmentID": 72}],
}


def test_shipment_id_zero_is_addressable(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    body = {
        "ShipmentOrderStatus": 4,
        "ShipmentMethodName": "USPS - Priority Mail",
        "ShipmentTrackingCode": "9400000000000000000000",
        "ShipmentShippedDate": "03/03/2026",
    }
    response = shop.put("Orders/30001/Shipments/0", body)
    assert response.status_code == 200
    assert response.json() == [
        {"Key": "ShipmentID", "Value": "0", "Status": "200", "Message": "updated successfully"}
    ]
    shipment = shop.emulator.order(30001)["ShipmentList"][0]
    assert {name: shipment[name] for name in body} == body


def test_the_collection_form_accepts_an_id_and_a_code_only(shop: Shop) -> None:
    shop.emulator.place([_TWO])
    rows = [{"ShipmentID": 71, "ShipmentTrackingCode": "A"}, {"ShipmentID": 72, "ShipmentTrackingCode": "B"}]
    assert statuses(shop.put("Orders/30001/Shipments", rows).json()) == ["200", "200"]
    codes = [each["ShipmentTrackingCode"] for each in shop.emulator.order(30001)["ShipmentList"]]
    assert codes == ["A", "B"]


def test_an_unknown_shipment_is_404_and_in_a_bulk_write_fails_alone(shop: Shop) -> None:
    shop.emulator.place([_TWO])
    assert shop.put("Orders/30001/Shipments/0", {"ShipmentTrackingCode": "A"}).status_code == 404
    assert shop.put("Orders/9/Shipments/0", {"ShipmentTrackingCode": "A"}).status_code == 404
    assert shop.put("Orders/9/Shipments", [{"ShipmentID": 0}]).status_code == 404
    rows = [{"ShipmentID": 71, "ShipmentTrackingCode": "A"}, {"ShipmentID": 1, "ShipmentTrackingCode": "B"}]
    response = shop.put("Orders/30001/Shipments", rows)
    assert (response.status_code, statuses(response.json())) == (206, ["200", "404"])


@pytest.mark.parametrize("name", ["2nd Day Air®", "UPS & Co", "UPS/Ground", "it's", "a_b", "a,b"])
def test_a_method_name_outside_its_charset_is_400(open_shop: OpenShop, name: str) -> None:
    shop = open_shop()
    shop.emulator.place(orders(1))
    assert shop.put("Orders/30001/Shipments/0", {"ShipmentMethodName": name}).status_code == 400
    shop.set_rules(method_name_charset=False)
    assert shop.put("Orders/30001/Shipments/0", {"ShipmentMethodName": name}).status_code == 200


def test_a_last_name_over_50_characters_is_400(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    assert shop.put("Orders/30001/Shipments/0", {"ShipmentLastName": "x" * 51}).status_code == 400


@pytest.mark.parametrize(("rule", "single", "double"), [("never", 1, 1), ("single", 4, 1), ("always", 4, 4)])
def test_a_status_on_a_shipment_moves_the_order_or_not(
    open_shop: OpenShop, rule: str, single: int, double: int
) -> None:
    shop = open_shop(shipment_status_moves_order=rule)
    shop.emulator.place([{}, _TWO])
    shop.put("Orders/30001/Shipments/0", {"ShipmentOrderStatus": 4})
    shop.put("Orders/30002/Shipments/71", {"ShipmentOrderStatus": 4})
    assert shop.emulator.order(30001)["OrderStatusID"] == single
    assert shop.emulator.order(30002)["OrderStatusID"] == double
    assert shop.emulator.order(30002)["ShipmentList"][0]["ShipmentOrderStatus"] == 4


def test_an_invalid_status_on_a_shipment_is_400(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    assert shop.put("Orders/30001/Shipments/0", {"ShipmentOrderStatus": 99}).status_code == 400


def test_a_tracking_code_is_read_back_padded_to_50_or_as_it_is(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(1))
    shop.put("Orders/30001/Shipments/0", {"ShipmentTrackingCode": "1Z9"})
    for response in (shop.get("Orders/30001"), shop.get("Orders")):
        assert response.json()[0]["ShipmentList"][0]["ShipmentTrackingCode"] == "1Z9".ljust(50)
    assert shop.get("Orders/30001/Shipments").json()[0]["ShipmentTrackingCode"] == "1Z9".ljust(50)
    shop.set_rules(tracking_padding=False)
    assert shop.get("Orders").json()[0]["ShipmentList"][0]["ShipmentTrackingCode"] == "1Z9"
    assert shop.control("GET", "orders")["orders"][0]["TrackingCodes"] == ["1Z9"]


def test_a_shipment_write_updates_the_order_unless_the_rule_says_no(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(1))
    shop.control("POST", "clock", {"advance": 60})
    shop.put("Orders/30001/Shipments/0", {"ShipmentTrackingCode": "1Z9"})
    order = shop.emulator.order(30001)
    assert (order["LastUpdate"], order["UserID"]) == ("2026-03-02T09:01:00", "API")
    shop.set_rules(shipment_write_touches_order=False)
    shop.control("POST", "clock", {"advance": 60})
    shop.put("Orders/30001/Shipments/0", {"ShipmentTrackingCode": "1Z8"})
    assert shop.emulator.order(30001)["LastUpdate"] == "2026-03-02T09:01:00"


def test_a_new_shipment_and_moved_items_split_an_order(shop: Shop) -> None:
    shop.emulator.place([_TWO])
    response = shop.post("Orders/30001/Shipments", {"ShipmentMethodName": "UPS Ground"})
    result = response.json()[0]
    assert (response.status_code, result["Key"], result["Status"]) == (201, "ShipmentID", "201")
    number = int(result["Value"])
    assert number not in (0, 71, 72)
    assert shop.put("Orders/30001/Items", [{"ItemIndexID": 6, "ItemShipmentID": number}]).status_code == 200
    assert shop.put("Orders/30001/Items/5", {"ItemShipmentID": number}).status_code == 200
    assert [each["ItemShipmentID"] for each in shop.get("Orders/30001/Items").json()] == [number, number]
    assert shop.put("Orders/30001/Items/9", {"ItemShipmentID": number}).status_code == 404
    assert shop.post("Orders/9/Shipments", {}).status_code == 404
    assert shop.post("Orders/30001/Shipments", {"ShipmentLastName": "x" * 51}).status_code == 400


def test_parts_of_an_order_are_lists_with_limit_and_offset(shop: Shop) -> None:
    shop.emulator.place([_TWO])
    assert [each["ItemIndexID"] for each in shop.get("Orders/30001/items", limit=1, offset=2).json()] == [6]
    assert shop.get("Orders/30001/Shipments", countonly=1).json() == {"TotalCount": 2}
    assert shop.get("Orders/30001/Questions").status_code == 404
    assert shop.get("Orders/9/Items").status_code == 404
