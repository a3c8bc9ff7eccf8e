"""Which SKUs an order can carry, by the store's own rules, for products of every kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cartage.lanes.settings.store import Exclude
from cartage.mappings.rules import Part, SkuRule
from cartage.mappings.skus import SkuTable
from cartage.preflight.findings import FindingKind
from cartage.preflight.products import (
    MOST_CHOICES,
    StoreSku,
    mapped_skus,
    sellable_skus,
    tracking_gaps,
    without_excluded,
)
from cartage.storefront.catalogue import OptionSku, Product, SkuInfo


def product(sku: str = "BASE", **fields: Any) -> Product:
    return Product(
        SkuInfo(7, sku, "Tent", Decimal(1), fields.pop("written", sku)),
        **{"inventory_control": -1, "hidden": False, "options": (), "weight": Decimal(2), **fields},
    )


def option(sku: str, name: str = "Green") -> OptionSku:
    return OptionSku("61-64", sku, name, Decimal(1), sku)


def skus(found: Product, *, bundle_parents: bool = False) -> list[str]:
    return [good.sku for good in sellable_skus(found, bundle_parents=bundle_parents)]


def kinds(found: Product) -> list[FindingKind]:
    return [gap.kind for gap in tracking_gaps(found)]


def test_a_plain_product_sells_its_own_sku() -> None:
    assert skus(product()) == ["BASE"]


def test_options_with_skus_replace_the_products() -> None:
    assert skus(product(options=(option("G"), option("B")))) == ["G", "B"]


def test_an_option_without_a_sku_keeps_the_products_sku() -> None:
    assert skus(product(options=(option("G"), option("")))) == ["G", "BASE"]


def test_part_numbers_are_appended_to_the_sku_for_every_combination() -> None:
    sets = (("-K", "-W"), ("", "-XL"), ("", ""))
    assert skus(product(part_numbers=sets)) == ["BASE-K", "BASE-K-XL", "BASE-W", "BASE-W-XL"]


def test_too_many_combinations_are_not_compared() -> None:
    sets = tuple(tuple(f"{place}{number}" for number in range(10)) for place in "abc")
    (good,) = sellable_skus(product(part_numbers=sets), bundle_parents=False)
    assert good.too_many
    assert MOST_CHOICES < 10**3


def test_a_bundle_counts_only_if_its_parent_ships() -> None:
    kit = product("KIT", components=((2, Decimal(1)),), part_numbers=(("", ""),))
    assert skus(kit) == []
    assert skus(kit, bundle_parents=True) == ["KIT"]


def test_the_skus_blanks_are_kept_for_the_comparison() -> None:
    (good,) = sellable_skus(product("A", written=" A "), bundle_parents=False)
    assert (good.sku, good.written) == ("A", " A ")


def test_excluded_skus_are_left_out() -> None:
    def sold(sku: str, weight: int) -> StoreSku:
        return StoreSku(sku, sku, sku, False, Decimal(weight))

    goods = [sold("GIFT-1", 1), sold("EBOOK", 0), sold("TENT", 4)]
    assert [good.sku for good in without_excluded(goods, Exclude(skus=("gift-*",)))] == ["EBOOK", "TENT"]
    assert [good.sku for good in without_excluded(goods, Exclude(weightless=True))] == ["GIFT-1", "TENT"]


def test_an_option_without_a_sku_is_found() -> None:
    (gap,) = tracking_gaps(product(options=(option("G"), option("", "Red"))))
    assert (gap.kind, gap.subject) == (FindingKind.OPTION_WITHOUT_SKU, "Tent (CatalogID 7), Red")


def test_choices_that_the_sku_does_not_show_are_found_once() -> None:
    assert kinds(product(part_numbers=(("", ""),))) == [FindingKind.CHOICES_WITHOUT_SKUS]
    assert kinds(product(part_numbers=(("",),))) == []
    assert kinds(product(part_numbers=(("-A", ""),))) == []
    assert kinds(product(part_numbers=(("", ""),), components=((2, Decimal(1)),))) == []
    assert kinds(product(part_numbers=(("", ""),), options=(option("G"),))) == []


def test_a_product_without_an_out_of_stock_rule_is_found() -> None:
    assert kinds(product(inventory_control=0)) == [FindingKind.STOCK_BEHAVIOUR_UNSET]


def test_mapped_skus_are_compared_as_the_warehouses_items() -> None:
    def sold(sku: str) -> StoreSku:
        return StoreSku(sku, sku, "Tea set", False, Decimal(1))

    rules = SkuTable([SkuRule("SET", (Part("MUG", 4), Part("POT"))), SkuRule("OLD", (Part("NEW"),))])
    found = mapped_skus([sold("set"), sold("old"), sold("MUG ")], rules)
    assert [(good.sku, good.product) for good in found] == [
        ("MUG", "Tea set"),
        ("POT", "Tea set"),
        ("NEW", "Tea set"),
        ("MUG ", "Tea set"),
    ]
