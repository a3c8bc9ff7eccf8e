"""Writes to orders (sections 6 and 12): partial updates, the status matrix, refusals, results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.sandbox.threedcart.shop import Shop, orders, statuses

OpenShop = Callable[..., Shop]


def test_the_response_to_a_bulk_status_update_is_as_recorded(shop: Shop) -> None:
    shop.emulator.place([{"OrderID": 47620}])
    response = shop.put("Orders", [{"OrderID": 47620, "OrderStatusID": 2}])
    assert response.status_code == 200
    # Byte for byte what was recorded (section 6.3).
    assert (
        response.content
        == b'[{"Key":"OrderID","Value":"47620","Status":"200","Message":"updated successfully"}]'
    )


def test_only_the_named_keys_change(shop: Shop) -> None:
    shop.emulator.place([{"InternalComments": "before", "CustomerComments": "kept"}])
    before = shop.emulator.order(30001)
    shop.control("POST", "clock", {"advance": 60})
    shop.put("Orders/30001", {"OrderID": 30001, "InternalComments": "after"})
    after = shop.emulator.order(30001)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"InternalComments", "LastUpdate", "UserID"}
    assert (after["UserID"], after["LastUpdate"]) == ("API", "2026-03-02T09:01:00")


def test_an_unknown_order_in_a_bulk_write_fails_alone_with_206(shop: Shop) -> None:
    shop.emulator.place(orders(2))
    rows = [{"OrderID": each, "OrderStatusID": 2} for each in (30001, 99999999, 30002)]
    response = shop.put("Orders", rows)
    assert response.status_code == 206
    assert [(each["Value"], each["Status"]) for each in response.json()] == [
        ("30001", "200"),
        ("99999999", "404"),
        ("30002", "200"),
    ]
    assert shop.ids(orderstatus=2) == [30001, 30002]


def test_an_unknown_order_in_a_single_write_is_404(shop: Shop) -> None:
    assert shop.put("Orders/5", {"OrderStatusID": 2}).status_code == 404


@pytest.mark.parametrize("status", [206, 400, 200])
def test_the_status_of_a_bulk_write_that_fails_entirely_is_a_rule(open_shop: OpenShop, status: int) -> None:
    response = open_shop(bulk_all_failed_status=status).put("Orders", [{"OrderID": 5, "OrderStatusID": 2}])
    assert (response.status_code, statuses(response.json())) == (status, ["404"])


@pytest.mark.parametrize("body", [[], {}, [1], "x", [None], [{}] * 101])
def test_a_bulk_body_that_is_not_an_array_of_1_to_100_objects_is_400(shop: Shop, body: Any) -> None:
    assert shop.put("Orders", body).status_code == 400


def test_a_write_may_have_a_hundred_orders(shop: Shop) -> None:
    ids = shop.emulator.place(orders(100))
    response = shop.put("Orders", [{"OrderID": each, "OrderStatusID": 2} for each in ids])
    assert (response.status_code, set(statuses(response.json()))) == (200, {"200"})


def test_an_invalid_status_is_400_in_single_and_bulk_writes(shop: Shop) -> None:
    shop.emulator.place(orders(2))
    assert shop.put("Orders/30001", {"OrderStatusID": 77}).status_code == 400
    rows = [{"OrderID": 30001, "OrderStatusID": 77}, {"OrderID": 30002, "OrderStatusID": 2}]
    response = shop.put("Orders", rows)
    assert (response.status_code, statuses(response.json())) == (206, ["400", "200"])


def test_a_bad_element_may_fail_the_whole_write_without_effect(open_shop: OpenShop) -> None:
    shop = open_shop(bulk_bad_item="whole")
    shop.emulator.place(orders(2))
    for bad in (
        {"OrderID": 9, "OrderStatusID": 2},
        {"OrderID": 30002, "OrderStatusID": 77},
        {"OrderStatusID": 2},
    ):
        assert shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}, bad]).status_code == 400
    assert shop.ids(orderstatus=1) == [30001, 30002]
    assert shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}]).status_code == 200


def test_an_element_without_order_id_fails_alone(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    response = shop.put("Orders", [{"OrderStatusID": 2}, {"OrderID": 30001, "OrderStatusID": 2}])
    assert (response.status_code, statuses(response.json())) == (206, ["400", "200"])


@pytest.mark.parametrize(("value", "expected"), [("2", 200), (2.0, 200), (True, 400), ("x", 400), ([2], 400)])
def test_types_are_coerced_as_json_net_does(shop: Shop, value: Any, expected: int) -> None:
    shop.emulator.place(orders(1))
    assert shop.put("Orders/30001", {"OrderStatusID": value}).status_code == expected
    assert shop.emulator.order(30001)["OrderStatusID"] == (2 if expected == 200 else 1)


def test_a_text_that_is_too_long_is_refused_or_truncated(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(1))
    assert shop.put("Orders/30001", {"ExternalComments": "x" * 51}).status_code == 400
    assert shop.put("Orders/30001", {"ExternalComments": "x" * 50}).status_code == 200
    shop.set_rules(over_length="truncate")
    assert shop.put("Orders/30001", {"ExternalComments": "y" * 51}).status_code == 200
    assert shop.emulator.order(30001)["ExternalComments"] == "y" * 50


def test_null_is_ignored_clears_or_is_refused(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place([{"InternalComments": "precious"}])
    assert shop.put("Orders/30001", {"InternalComments": None}).status_code == 200
    assert shop.emulator.order(30001)["InternalComments"] == "precious"
    shop.set_rules(null_in_write="rejected")
    assert shop.put("Orders/30001", {"InternalComments": None}).status_code == 400
    shop.set_rules(null_in_write="clears")
    assert shop.put("Orders/30001", {"InternalComments": None}).status_code == 200
    assert shop.emulator.order(30001)["InternalComments"] == ""


def test_read_only_and_unknown_keys_are_ignored(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    amount = shop.emulator.order(30001)["OrderAmount"]
    assert shop.put("Orders/30001", {"OrderAmount": 1.0, "Nonsense": 1, "CustomerID": 5}).status_code == 200
    assert shop.emulator.order(30001)["OrderAmount"] == amount
    assert "Nonsense" not in shop.emulator.order(30001)


def test_an_order_status_moves_its_shipments_or_not(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(1))
    shop.put("Orders/30001", {"OrderStatusID": 2})
    assert shop.emulator.order(30001)["ShipmentList"][0]["ShipmentOrderStatus"] == 2
    shop.set_rules(order_status_moves_shipments=False)
    shop.put("Orders/30001", {"OrderStatusID": 3})
    assert shop.emulator.order(30001)["ShipmentList"][0]["ShipmentOrderStatus"] == 2


def test_a_cancel_returns_items_to_stock_once(open_shop: OpenShop) -> None:
    shop = open_shop()
    option = {"AdvancedOptionCode": "4-6", "AdvancedOptionSufix": "OPT-1", "AdvancedOptionStock": -3}
    shop.control(
        "POST",
        "products",
        [
            {"SKUInfo": {"CatalogID": 1, "SKU": "A", "Stock": 5.0}},
            {"SKUInfo": {"CatalogID": 2, "SKU": "B", "Stock": 5.0}, "AdvancedOptionList": [option]},
        ],
    )
    lines = [
        {"CatalogID": 1, "ItemID": "A", "ItemQuantity": 2.0},
        {"CatalogID": 2, "ItemID": "OPT-1", "ItemQuantity": 4.0},
        {"CatalogID": 99, "ItemID": "GONE"},
    ]
    shop.emulator.place([{"OrderItemList": lines}])
    shop.put("Orders/30001", {"OrderStatusID": 5})
    shop.put("Orders/30001", {"OrderStatusID": 5})
    assert shop.get("Products/1").json()[0]["SKUInfo"]["Stock"] == 7.0
    assert shop.get("Products/2").json()[0]["AdvancedOptionList"][0]["AdvancedOptionStock"] == 1
    assert shop.get("Products/2").json()[0]["SKUInfo"]["Stock"] == 5.0
    shop.set_rules(cancel_returns_stock=False)
    shop.put("Orders/30001", {"OrderStatusID": 1})
    shop.put("Orders/30001", {"OrderStatusID": 5})
    assert shop.get("Products/1").json()[0]["SKUInfo"]["Stock"] == 7.0


def test_nested_shipments_in_a_bulk_write_are_ignored_or_written(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.emulator.place(orders(2))
    nested = [{"ShipmentID": 0, "ShipmentTrackingCode": "1Z9"}]
    rows = [{"OrderID": each, "OrderStatusID": 4, "ShipmentList": nested} for each in (30001, 30002)]
    assert shop.put("Orders", rows[:1]).status_code == 200
    assert shop.emulator.order(30001)["ShipmentList"][0]["ShipmentTrackingCode"] == ""
    shop.set_rules(bulk_nested_shipments=True)
    assert shop.put("Orders", rows).status_code == 200
    for order_id in (30001, 30002):
        assert shop.emulator.order(order_id)["ShipmentList"][0]["ShipmentTrackingCode"] == "1Z9"
    rows[0]["ShipmentList"] = [{"ShipmentID": 8, "ShipmentTrackingCode": "1Z9"}]
    assert statuses(shop.put("Orders", rows).json()) == ["404", "200"]


def test_results_may_be_in_another_sequence(open_shop: OpenShop) -> None:
    shop = open_shop(results_order="reversed")
    ids = shop.emulator.place(orders(30))
    rows = [{"OrderID": each, "OrderStatusID": 2} for each in ids]
    assert [each["Value"] for each in shop.put("Orders", rows).json()] == [
        str(each) for each in reversed(ids)
    ]
    shop.set_rules(results_order="shuffled")
    shuffled = [int(each["Value"]) for each in shop.put("Orders", rows).json()]
    assert shuffled != ids
    assert sorted(shuffled) == ids


def test_the_status_in_a_result_may_be_a_number(open_shop: OpenShop) -> None:
    shop = open_shop(result_status_type="number")
    shop.emulator.place(orders(1))
    assert shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}]).json()[0]["Status"] == 200


def test_results_may_be_missing_although_the_write_happened(open_shop: OpenShop) -> None:
    shop = open_shop(results_omit_every=2)
    ids = shop.emulator.place(orders(4))
    response = shop.put("Orders", [{"OrderID": each, "OrderStatusID": 2} for each in ids])
    assert [each["Value"] for each in response.json()] == ["30001", "30003"]
    assert shop.ids(orderstatus=2) == ids


def test_a_refusal_may_be_a_200_with_key_error(open_shop: OpenShop) -> None:
    shop = open_shop(errors_as_200=True)
    shop.emulator.place(orders(1))
    for response in (
        shop.put("Orders/30001", {"OrderStatusID": 77}),
        shop.put("Orders/5", {"OrderStatusID": 2}),
        shop.get("Orders", offset=9),
    ):
        assert (response.status_code, response.json()[0]["Key"]) == (200, "Error")


def test_effects_count_every_write_of_the_api_and_none_of_a_person(shop: Shop) -> None:
    shop.emulator.place(orders(1))
    shop.put("Orders/30001", {"OrderStatusID": 2})
    shop.put("Orders", [{"OrderID": 30001, "OrderStatusID": 2}])
    shop.put("Orders/30001/Shipments/0", {"ShipmentTrackingCode": "1Z9"})
    shop.emulator.edit(30001, OrderStatusID=6)
    assert shop.control("GET", "effects")["orders"] == {
        "30001": {"status": {"2": 2}, "tracking": {"0": {"1Z9": 1}}}
    }
    shop.control("DELETE", "effects")
    assert shop.control("GET", "effects")["orders"] == {}
