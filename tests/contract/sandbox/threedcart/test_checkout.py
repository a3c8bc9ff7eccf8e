"""Shoppers: a checkout checks the stock, takes from it and places the order (sections 4.2, 5 and 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.contract.sandbox.threedcart.shop import Shop, statuses

OpenShop = Callable[..., Shop]
MUG, TENT, SET = 9, 14, 20


def stocked(shop: Shop, **mug: Any) -> Shop:
    options = [{"AdvancedOptionCode": "61-64", "AdvancedOptionSufix": "TENT-L", "AdvancedOptionStock": 4}]
    kit = [{"OptionList": [{"OptionID": 71, "OptionBundleCatalogId": MUG, "OptionBundleQuantity": 2}]}]
    shop.control(
        "POST",
        "products",
        [
            {"SKUInfo": {"CatalogID": MUG, "SKU": "MUG", "Name": "Mug", "Stock": 5.0, "Price": 8.5}, **mug},
            {
                "SKUInfo": {"CatalogID": TENT, "SKU": "TENT", "Name": "Tent", "Stock": 7.0},
                "AdvancedOptionList": options,
            },
            {"SKUInfo": {"CatalogID": SET, "SKU": "SET", "Name": "Set", "Stock": 3.0}, "OptionSetList": kit},
        ],
    )
    return shop


def buy(shop: Shop, catalog_id: int, quantity: float = 1, sku: str = "", **order: Any) -> int | None:
    line = {"catalog_id": catalog_id, "quantity": quantity, "sku": sku}
    response = requests.post(
        f"{shop.url}/_sandbox/checkout", json={"lines": [line], "order": order}, timeout=10
    )
    return response.json()["order_id"] if response.status_code == 201 else None


def stock(shop: Shop) -> dict[str, float]:
    found = {row["SKU"]: row["Stock"] for row in shop.get("Products/skuinfo").json()}
    options = shop.get(f"Products/{TENT}/AdvancedOptions").json()
    return found | {row["AdvancedOptionSufix"]: row["AdvancedOptionStock"] for row in options}


@pytest.mark.parametrize("status", [1, 11])
def test_a_checkout_takes_from_stock_paid_or_not_and_cancel_returns_it(shop: Shop, status: int) -> None:
    order_id = buy(stocked(shop), MUG, 3, OrderStatusID=status)
    assert stock(shop)["MUG"] == 2
    [line] = shop.get(f"Orders/{order_id}").json()[0]["OrderItemList"]
    assert (line["ItemID"], line["ItemQuantity"], line["CatalogID"]) == ("MUG", 3.0, MUG)
    shop.put(f"Orders/{order_id}", {"OrderStatusID": 5})
    assert stock(shop)["MUG"] == 5


def test_goods_out_of_stock_are_not_sold(shop: Shop) -> None:
    assert buy(stocked(shop), MUG, 6) is None
    assert (stock(shop)["MUG"], shop.get("Orders").status_code) == (5, 404)


@pytest.mark.parametrize(("control", "sells"), [(1, False), (2, True), (3, False)])
def test_inventory_control_decides_what_happens_out_of_stock(shop: Shop, control: int, sells: bool) -> None:
    sold = buy(stocked(shop, InventoryControl=control), MUG, 6) is not None
    assert (sold, stock(shop)["MUG"]) == ((True, -1) if sells else (False, 5))


@pytest.mark.parametrize(("rule", "sells"), [("refuse", False), ("sell", True)])
def test_what_the_default_control_does_is_a_rule(open_shop: OpenShop, rule: str, sells: bool) -> None:
    sold = buy(stocked(open_shop(out_of_stock_default=rule)), MUG, 6) is not None
    assert sold == sells


@pytest.mark.parametrize(("rule", "left"), [("untracked", 5), ("default", 3)])
def test_whether_an_undefined_control_means_untracked_is_a_rule(
    open_shop: OpenShop, rule: str, left: int
) -> None:
    shop = stocked(open_shop(inventory_control_undefined=rule), InventoryControl=0)
    buy(shop, MUG, 2)
    assert stock(shop)["MUG"] == left


@pytest.mark.parametrize(("rule", "base"), [(False, 7), (True, 6)])
def test_a_combination_takes_its_own_stock_and_by_rule_the_products(
    open_shop: OpenShop, rule: bool, base: int
) -> None:
    shop = stocked(open_shop(option_checkout_takes_base=rule))
    order_id = buy(shop, TENT, 1, "TENT-L")
    assert (stock(shop)["TENT-L"], stock(shop)["TENT"]) == (3, base)
    shop.put(f"Orders/{order_id}", {"OrderStatusID": 5})
    assert (stock(shop)["TENT-L"], stock(shop)["TENT"]) == (4, 7)


@pytest.mark.parametrize(("rule", "left"), [("both", (2, 3)), ("parent", (2, 5)), ("components", (3, 3))])
def test_what_a_kit_takes_and_returns_is_a_rule(
    open_shop: OpenShop, rule: str, left: tuple[int, int]
) -> None:
    shop = stocked(open_shop(kit_checkout_takes=rule))
    order_id = buy(shop, SET)
    assert [stock(shop)[sku] for sku in ("SET", "MUG")] == list(left)
    parent, child = shop.get(f"Orders/{order_id}").json()[0]["OrderItemList"]
    assert (child["ItemAdditionalField3"], child["ItemUnitPrice"]) == (str(parent["ItemIndexID"]), 0.0)
    assert (child["ItemID"], child["ItemQuantity"], child["ItemDescription"]) == (
        "MUG",
        2.0,
        "Bundle Item: Mug",
    )
    shop.put(f"Orders/{order_id}", {"OrderStatusID": 5})
    assert [stock(shop)[sku] for sku in ("SET", "MUG")] == [3, 5]


@pytest.mark.parametrize(("rule", "named"), [("AdvancedOptionCode", ["61-64"]), ("CatalogID", [str(TENT)])])
def test_what_results_of_combinations_name_is_a_rule(
    open_shop: OpenShop, rule: str, named: list[str]
) -> None:
    shop = stocked(open_shop(option_results_key=rule))
    row = {"AdvancedOptionCode": "61-64", "AdvancedOptionSufix": "TENT-L", "AdvancedOptionStock": 9}
    results = shop.put(f"Products/{TENT}/AdvancedOptions", [row]).json()
    assert ([result["Value"] for result in results], statuses(results)) == (named, ["200"])
    assert [result["Key"] for result in results] == [rule]
