from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cartage.storefront import catalogue

INFO = {"CatalogID": 14, "SKU": "PACK ", "Name": "Trail &amp; Pack", "Stock": Decimal("-2.0")}


def test_an_order_status_has_the_systems_name_and_the_merchants_label() -> None:
    found = catalogue.order_status(
        {"OrderStatusID": "2", "StatusDefinition": "Processing", "StatusText": "In Process", "Visible": True}
    )
    assert found == catalogue.OrderStatus(2, "Processing", "In Process", visible=True)


def test_a_product_has_its_option_skus_by_the_apis_own_spelling() -> None:
    found = catalogue.product(
        {
            "SKUInfo": INFO,
            "InventoryControl": 2,
            "Hide": False,
            "AdvancedOptionList": [
                {
                    "AdvancedOptionCode": "61-64",
                    "AdvancedOptionSufix": " PACK-GRN-L ",
                    "AdvancedOptionName": "Green Large",
                    "AdvancedOptionStock": -4,
                },
                None,
            ],
        }
    )
    assert found is not None
    assert (found.info.sku, found.info.name, found.info.stock) == ("PACK", "Trail & Pack", Decimal(-2))
    assert found.options[0] == catalogue.OptionSku(
        "61-64", "PACK-GRN-L", "Green Large", Decimal(-4), written=" PACK-GRN-L "
    )


@pytest.mark.parametrize(
    "row",
    [{}, {"SKUInfo": None}, {"SKUInfo": {"CatalogID": None}}, {"SKUInfo": INFO, "AdvancedOptionList": None}],
)
def test_nulls_and_missing_parts_of_a_product_are_accepted(row: dict[str, Any]) -> None:
    found = catalogue.product(row)
    assert found is None or found.options == ()


@pytest.mark.parametrize("as_array", [True, False])
def test_store_settings_are_an_object_or_an_array_with_one_object(as_array: bool) -> None:
    settings = {
        "StoreInformation": {"StoreName": "Demo"},
        "StoreStandards": {"StoreTimeZone": -5, "CurrencyCode": "USD"},
    }
    found = catalogue.store_info([settings] if as_array else settings)
    assert found == catalogue.StoreInfo("Demo", "-5", "USD")


@pytest.mark.parametrize("value", [None, [], {}, "text", [None]])
def test_store_settings_without_content_are_empty(value: object) -> None:
    assert catalogue.store_info(value) == catalogue.StoreInfo("", "", "")


@pytest.mark.parametrize(
    ("written", "read"),
    [(2, 2), ("3.0", 3), (None, 1), ("", 1), (0, 0), ("1,5", 0), (-1, 0), ("many", 0), (True, 0)],
)
def test_a_kits_quantity_that_cannot_be_read_is_not_taken_for_one(written: object, read: int) -> None:
    choice = {"OptionBundleCatalogId": 8, "OptionBundleQuantity": written}
    found = catalogue.product({"SKUInfo": INFO, "OptionSetList": [{"OptionList": [choice]}]})
    assert found is not None
    assert found.components == ((8, Decimal(read)),)
