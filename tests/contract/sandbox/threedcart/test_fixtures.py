"""Data fixtures (sections 4.2 and 12): what the orders and products of a generated store look like on the wire."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.sandbox.threedcart.shop import Shop, made

OpenShop = Callable[..., Shop]


def _skus_of_options(shop: Shop) -> set[str]:
    products = shop.get("Products", limit=200).json()
    return {option["AdvancedOptionSufix"] for product in products for option in product["AdvancedOptionList"]}


def _skus_of_products(shop: Shop) -> set[str]:
    return {row["SKU"] for row in shop.get("Products/skuinfo", limit=500).json()}


def test_an_ordinary_order_has_one_shipment_of_id_zero_and_lines_that_name_it(shop: Shop) -> None:
    [order] = made(shop, "single")
    assert [shipment["ShipmentID"] for shipment in order["ShipmentList"]] == [0]
    assert {line["ItemShipmentID"] for line in order["OrderItemList"]} == {0}


def test_a_multi_shipment_order_has_its_own_ids_and_each_line_names_one(shop: Shop) -> None:
    [order] = made(shop, "multi_ship_to")
    ids = {shipment["ShipmentID"] for shipment in order["ShipmentList"]}
    assert len(ids) > 1
    assert 0 not in ids
    assert {line["ItemShipmentID"] for line in order["OrderItemList"]} == ids


@pytest.mark.parametrize(("kind", "field"), [("no_shipment", "ShipmentList"), ("no_items", "OrderItemList")])
def test_an_order_may_have_no_shipment_or_no_item(shop: Shop, kind: str, field: str) -> None:
    assert made(shop, kind)[0][field] == []


def test_a_guest_is_customer_zero(shop: Shop) -> None:
    assert made(shop, "guest")[0]["CustomerID"] == 0


def test_an_invoice_number_may_be_zero_with_an_empty_prefix(shop: Shop) -> None:
    [order] = made(shop, "invoice_zero")
    assert (order["InvoiceNumberPrefix"], order["InvoiceNumber"]) == ("", 0)


def test_two_orders_may_share_an_invoice_number_under_different_prefixes(shop: Shop) -> None:
    first, second = made(shop, "duplicate_invoice", 2)
    assert first["InvoiceNumber"] == second["InvoiceNumber"]
    assert first["InvoiceNumberPrefix"] != second["InvoiceNumberPrefix"]


def test_a_bundle_has_a_priced_parent_and_children_that_cost_nothing_and_name_it(shop: Shop) -> None:
    [order] = made(shop, "bundle")
    children = [item for item in order["OrderItemList"] if item["ItemAdditionalField3"]]
    by_id = {str(item["ItemIndexID"]): item for item in order["OrderItemList"]}
    assert children
    for child in children:
        parent = by_id[child["ItemAdditionalField3"]]
        assert parent["ItemUnitPrice"] > 0
        assert parent["ItemCatalogIDOptions"] == parent["ItemOptions"] != ""
        assert child["ItemUnitPrice"] == 0
        assert child["ItemDescription"].startswith("Bundle Item:")
        assert child["ItemQuantity"] == parent["ItemQuantity"]


def test_a_discount_may_be_a_line_without_unit_price_and_with_more_than_two_decimals(shop: Shop) -> None:
    line = made(shop, "discount_line")[0]["OrderItemList"][-1]
    assert line["ItemUnitPrice"] == 0
    assert line["ItemOptionPrice"] < 0
    assert "Discount" in line["ItemDescription"]


def test_a_gift_certificate_is_one_of_several_payments_and_not_a_discount(shop: Shop) -> None:
    [order] = made(shop, "gift_certificate")
    methods = [payment["TransactionMethod"] for payment in order["TransactionList"]]
    assert len(methods) == 2
    assert "Gift Certificate" in methods
    assert order["OrderDiscount"] == 0
    paid = sum(Decimal(str(payment["TransactionAmount"])) for payment in order["TransactionList"])
    assert paid == Decimal(str(order["OrderAmount"]))


def test_a_price_may_have_more_than_two_decimals(shop: Shop) -> None:
    assert made(shop, "precise_price")[0]["OrderItemList"][0]["ItemUnitPrice"] == 12.3456


@pytest.mark.parametrize(("kind", "quantity"), [("fractional_quantity", 1.5), ("zero_quantity", 0.0)])
def test_a_quantity_may_be_a_fraction_or_zero(shop: Shop, kind: str, quantity: float) -> None:
    assert made(shop, kind)[0]["OrderItemList"][-1]["ItemQuantity"] == quantity


def test_stock_may_be_negative_for_products_and_options(shop: Shop) -> None:
    option = {"AdvancedOptionCode": "61-64", "AdvancedOptionSufix": "PACK-GRN-L", "AdvancedOptionStock": -4}
    info = {"CatalogID": 14, "SKU": "PACK", "Stock": -6.0}
    shop.control("POST", "products", [{"SKUInfo": info, "AdvancedOptionList": [option]}])
    [product] = shop.get("Products/14").json()
    assert product["SKUInfo"]["Stock"] == -6.0
    assert product["AdvancedOptionList"][0]["AdvancedOptionStock"] == -4


def test_an_sku_may_have_blanks_around_it(shop: Shop) -> None:
    sku = made(shop, "padded")[0]["OrderItemList"][0]["ItemID"]
    assert sku != sku.strip()
    assert sku.strip() in _skus_of_products(shop) | _skus_of_options(shop)


def test_an_sku_may_have_a_different_letter_case(shop: Shop) -> None:
    sku = made(shop, "wrong_case_sku")[0]["OrderItemList"][0]["ItemID"]
    known = _skus_of_products(shop) | _skus_of_options(shop)
    assert sku not in known
    assert sku.upper() in {known_sku.upper() for known_sku in known}


def test_an_sku_may_be_unknown_to_every_product(shop: Shop) -> None:
    sku = made(shop, "unknown_sku")[0]["OrderItemList"][-1]["ItemID"]
    assert sku not in _skus_of_products(shop) | _skus_of_options(shop)


def test_an_sku_may_be_empty(shop: Shop) -> None:
    assert made(shop, "empty_sku")[0]["OrderItemList"][0]["ItemID"] == ""


def test_an_option_sku_replaces_the_base_sku_and_is_only_in_advanced_option_sufix(shop: Shop) -> None:
    line = made(shop, "options")[0]["OrderItemList"][0]
    assert line["ItemID"] in _skus_of_options(shop)
    assert line["ItemID"] not in _skus_of_products(shop)
    assert line["ItemOptions"].startswith(",")


def test_a_part_number_is_appended_to_the_base_sku(shop: Shop) -> None:
    line = made(shop, "part_number")[0]["OrderItemList"][0]
    [product] = shop.get(f"Products/{line['CatalogID']}").json()
    base = product["SKUInfo"]["SKU"]
    parts = {
        option["OptionPartNumber"]
        for option_set in product["OptionSetList"]
        for option in option_set["OptionList"]
    }
    assert line["ItemID"] in {base + part for part in parts}


def test_some_rows_were_last_updated_before_they_were_ordered(shop: Shop) -> None:
    shop.emulator.generate(300, mix={"single": 1.0})
    rows: list[dict[str, Any]] = shop.get("Orders", limit=300).json()
    assert 0 < sum(row["LastUpdate"] < row["OrderDate"] for row in rows) < len(rows) / 10
