"""The generated catalogue: consistent, and the same for the same seed."""

from __future__ import annotations

from random import Random

from cartage_sandbox.generate import generate_catalogue


def test_every_kind_of_product_occurs_with_skus_of_its_own() -> None:
    catalogue = generate_catalogue(Random(1))
    assert {kind: bool(goods) for kind, goods in catalogue.goods.items()} == dict.fromkeys(
        ("plain", "options", "parts", "bundle"), True
    )
    skus = [sku for sku, _ in catalogue.warehouse_items(bundles=True)]
    assert len(set(skus)) == len(skus) > 100


def test_option_skus_are_in_the_products_advanced_options() -> None:
    catalogue = generate_catalogue(Random(1))
    listed = {
        (
            each["SKUInfo"]["CatalogID"],
            option["AdvancedOptionSufix"],
            "," + option["AdvancedOptionCode"].replace("-", ","),
        )
        for each in catalogue.products
        for option in each["AdvancedOptionList"]
    }
    assert {(each.catalog_id, each.sku, each.options) for each in catalogue.goods["options"]} == listed


def test_a_part_number_sku_is_the_products_sku_plus_the_part() -> None:
    catalogue = generate_catalogue(Random(1))
    bases = {each["SKUInfo"]["CatalogID"]: each["SKUInfo"]["SKU"] for each in catalogue.products}
    for good in catalogue.goods["parts"]:
        assert good.sku.startswith(bases[good.catalog_id])
        assert len(good.sku) == len(bases[good.catalog_id]) + 1


def test_the_warehouse_knows_components_and_not_their_bundle() -> None:
    catalogue = generate_catalogue(Random(1))
    known = {sku for sku, _ in catalogue.warehouse_items()}
    for bundle in catalogue.goods["bundle"]:
        assert bundle.sku not in known
        assert {each.sku for each in bundle.components} <= known


def test_warehouse_descriptions_are_plain_text() -> None:
    assert not [
        text for _, text in generate_catalogue(Random(1)).warehouse_items() if "<" in text or "&" in text
    ]


def test_the_same_seed_gives_the_same_catalogue() -> None:
    assert generate_catalogue(Random(4), 30) == generate_catalogue(Random(4), 30)
    assert generate_catalogue(Random(4), 30) != generate_catalogue(Random(5), 30)
