"""Products, SKU rows, option SKUs and stock (sections 7 and 12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.sandbox.threedcart.shop import Shop, statuses

OpenShop = Callable[..., Shop]
_OPTIONS = [
    {"AdvancedOptionCode": "61-64", "AdvancedOptionSufix": "PACK-GRN-L", "AdvancedOptionStock": -4},
    {"AdvancedOptionCode": "61-65", "AdvancedOptionSufix": "PACK-GRN-S", "AdvancedOptionStock": 2},
]
_SETS = [{"OptionSetName": "Color", "OptionList": [{"OptionID": 61}, {"OptionID": 64}, {"OptionID": 65}]}]


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.control(
        "POST",
        "products",
        [
            {
                "SKUInfo": {
                    "CatalogID": 14,
                    "SKU": "PACK",
                    "Name": "Trail Pack",
                    "Stock": -6.0,
                    "Price": 40.0,
                },
                "AdvancedOptionList": _OPTIONS,
                "OptionSetList": _SETS,
            },
            {"SKUInfo": {"CatalogID": 9, "SKU": "MUG ", "Name": "Mug", "Stock": 3.0, "Price": 8.5}},
        ],
    )
    return shop


def test_products_ascend_by_catalog_id_and_are_complete(stocked: Shop) -> None:
    rows = stocked.get("Products").json()
    assert [each["SKUInfo"]["CatalogID"] for each in rows] == [9, 14]
    assert rows[1]["AdvancedOptionList"][0]["AdvancedOptionSufix"] == "PACK-GRN-L"
    assert rows[1]["UserID"] is None
    assert rows[1]["SKUInfo"]["Stock"] == -6.0


def test_a_page_of_products_has_200_at_most(shop: Shop) -> None:
    shop.control("POST", "products", [{"SKUInfo": {"SKU": f"S{each}"}} for each in range(210)])
    assert len(shop.get("Products", limit=500).json()) == 200
    assert len(shop.get("Products/skuinfo", limit=500).json()) == 210
    assert shop.get("Products", countonly=1).json() == {"TotalCount": 210}


def test_a_page_of_anything_else_has_500_at_most(shop: Shop) -> None:
    shop.control("POST", "products", [{"SKUInfo": {"SKU": f"S{each}"}} for each in range(510)])
    assert len(shop.get("Products/skuinfo", limit=1000).json()) == 500


def test_a_single_product_and_its_sku_row_are_arrays_with_one_object(stocked: Shop) -> None:
    assert [each["SKUInfo"]["SKU"] for each in stocked.get("Products/14").json()] == ["PACK"]
    assert [each["SKU"] for each in stocked.get("products/14/SkuInfo").json()] == ["PACK"]
    assert stocked.get("Products/15").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"sku": "mug"}, [9]),
        ({"name": "Trail Pack"}, [14]),
        ({"catalogid": 14}, [14]),
        ({"stockto": 0}, [14]),
        ({"stockfrom": 0}, [9]),
        ({"pricefrom": 8.5, "priceto": 9}, [9]),
        ({"hide": 0}, [9, 14]),
        ({"lastupdatestart": "03/02/2026"}, [9, 14]),
    ],
)
def test_sku_rows_are_filtered(stocked: Shop, query: dict[str, Any], found: list[int]) -> None:
    assert [each["CatalogID"] for each in stocked.get("Products/skuinfo", **query).json()] == found


def test_a_filter_that_finds_nothing_is_404_and_an_invalid_one_is_400(stocked: Shop) -> None:
    assert stocked.get("Products/skuinfo", sku="NONE").status_code == 404
    assert stocked.get("Products", stockfrom="many").status_code == 400


def test_stock_is_set_in_bulk_by_catalog_id_or_sku(stocked: Shop) -> None:
    rows = [
        {"SKUInfo": {"CatalogID": 14, "Stock": 25.0}},
        {"SKUInfo": {"SKU": "MUG ", "Stock": 0.0}},
        {"SKUInfo": {"CatalogID": 99, "Stock": 1.0}},
        {"SKUInfo": {"SKU": "NONE", "Stock": 1.0}},
    ]
    response = stocked.put("Products", rows)
    assert (response.status_code, statuses(response.json())) == (206, ["200", "200", "404", "400"])
    assert [each["Key"] for each in response.json()] == ["CatalogID"] * 4
    assert [each["Stock"] for each in stocked.get("Products/skuinfo").json()] == [0.0, 25.0]


def test_a_bulk_write_of_products_has_100_at_most(stocked: Shop) -> None:
    row = {"SKUInfo": {"CatalogID": 14, "Stock": 1.0}}
    assert stocked.put("Products", [row] * 100).status_code == 200
    assert stocked.put("Products", [row] * 101).status_code == 400
    assert stocked.put("Products", []).status_code == 400


def test_the_stock_of_a_single_product_is_set(stocked: Shop) -> None:
    assert stocked.put("Products/14", {"SKUInfo": {"Stock": 7}}).status_code == 200
    assert stocked.get("Products/14").json()[0]["SKUInfo"]["Stock"] == 7.0
    assert stocked.put("Products/99", {"SKUInfo": {"Stock": 7}}).status_code == 404


def test_option_stock_is_set_in_bulk_and_singly_apart_from_the_base(stocked: Shop) -> None:
    rows = [{**each, "AdvancedOptionStock": 9} for each in _OPTIONS]
    assert stocked.put("Products/14/AdvancedOptions", rows).status_code == 200
    assert stocked.put("Products/14/AdvancedOptions/61-65", {"AdvancedOptionStock": 1}).status_code == 200
    listed = stocked.get("Products/14/AdvancedOptions").json()
    assert [each["AdvancedOptionStock"] for each in listed] == [9, 1]
    assert stocked.get("Products/14").json()[0]["SKUInfo"]["Stock"] == -6.0
    effects = stocked.control("GET", "journal", kind="stock.set")["entries"]
    assert [each["key"] for each in effects] == ["PACK-GRN-L", "PACK-GRN-S", "PACK-GRN-S"]


def test_an_omitted_suffix_is_kept_or_cleared(stocked: Shop) -> None:
    stocked.put("Products/14/AdvancedOptions/61-64", {"AdvancedOptionStock": 1})
    assert stocked.get("Products/14/AdvancedOptions").json()[0]["AdvancedOptionSufix"] == "PACK-GRN-L"
    stocked.set_rules(omitted_option_suffix="blanked")
    stocked.put("Products/14/AdvancedOptions/61-64", {"AdvancedOptionStock": 1})
    assert stocked.get("Products/14/AdvancedOptions").json()[0]["AdvancedOptionSufix"] == ""


def test_rebuilt_options_have_new_codes_and_the_old_codes_are_gone(stocked: Shop) -> None:
    codes = stocked.control("POST", "products/14/rebuild")["codes"]
    assert set(codes) == {"61-64", "61-65"}
    listed = stocked.get("Products/14/AdvancedOptions").json()
    assert [each["AdvancedOptionCode"] for each in listed] == list(codes.values())
    assert [each["AdvancedOptionSufix"] for each in listed] == ["PACK-GRN-L", "PACK-GRN-S"]
    response = stocked.put(
        "Products/14/AdvancedOptions", [{"AdvancedOptionCode": "61-64", "AdvancedOptionStock": 1}]
    )
    assert statuses(response.json()) == ["404"]


def test_a_product_without_sku_info_in_a_bulk_write_is_400(stocked: Shop) -> None:
    assert stocked.put("Products", [{"CatalogID": 14}]).status_code == 400
