"""Contents of packages: components of bundles become what was ordered, and what cannot be told is not guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cartage.model.orders import PackageContent
from cartage.warehouses.shipbob import wire
from cartage.warehouses.shipbob.contents import contents_of, product_names
from cartage.warehouses.shipbob.products import Composition

PLAIN = Composition({})
BOX = Composition({"1": Decimal(2), "2": Decimal(1)})


def shipment(number: int, **products: dict[str, int]) -> dict[str, Any]:
    """Return a completed shipment: SKU -> {inventory item: quantity}."""
    return {
        "id": number,
        "status": "Completed",
        "products": [
            {
                "reference_id": sku,
                "inventory_items": [{"id": item, "quantity": units} for item, units in items.items()],
            }
            for sku, items in products.items()
        ],
    }


def order(lines: list[tuple[str, int, int]], *shipments: dict[str, Any]) -> wire.Order:
    products = [
        {"reference_id": sku, "quantity": number, "external_line_id": line} for sku, number, line in lines
    ]
    return wire.Order.model_validate({"id": 9, "products": products, "shipments": shipments})


def told(found: wire.Order, compositions: dict[str, Composition], *, is_all: bool = True) -> Any:
    contents = contents_of(found, found.shipments, compositions, is_all=is_all)
    by_shipment = {key: list(map(plain, held)) for key, held in contents.by_shipment.items()}
    return by_shipment, list(map(plain, contents.lines))


def plain(content: PackageContent) -> tuple[str, int, int | None]:
    return content.sku, int(content.quantity), content.line_id


def test_the_components_of_a_bundle_are_counted_as_bundles() -> None:
    found = order([("BOX", 3, 71), ("MUG", 1, 72)], shipment(1, BOX={"1": 6, "2": 3}, MUG={"1": 1}))
    assert told(found, {"BOX": BOX, "MUG": PLAIN}) == (
        {"1": [("BOX", 3, 71), ("MUG", 1, 72)]},
        [("BOX", 3, 71), ("MUG", 1, 72)],
    )


def test_lines_with_one_sku_are_filled_in_their_sequence() -> None:
    found = order([("MUG", 2, 71), ("MUG", 3, 72)], shipment(1, MUG={"1": 3}), shipment(2, MUG={"1": 2}))
    assert told(found, {"MUG": PLAIN})[0] == {"1": [("MUG", 2, 71), ("MUG", 1, 72)], "2": [("MUG", 2, 72)]}


@pytest.mark.parametrize(
    "odd",
    [
        shipment(2, BOX={"1": 3, "2": 1}),  # not twice as many
        shipment(2, BOX={"1": 1}),  # a component is missing
        shipment(2, BOX={"1": 1, "2": 1, "3": 1}),  # one too many
        shipment(2, OTHER={"1": 2}),  # nobody ordered it
        shipment(2, BOX={}),
        shipment(2),
    ],
)
def test_what_cannot_be_told_is_left_open_and_the_whole_is_known_only_if_all_of_it_shipped(
    odd: dict[str, Any],
) -> None:
    found = order([("BOX", 2, 71)], shipment(1, BOX={"1": 2, "2": 1}), odd)
    whole = [("BOX", 2, 71)]
    assert told(found, {"BOX": BOX}) == ({"1": [("BOX", 1, 71)], "2": []}, whole)
    assert told(found, {"BOX": BOX}, is_all=False)[1] == []


def test_more_than_was_ordered_is_not_believed() -> None:
    found = order([("MUG", 1, 71)], shipment(1, MUG={"1": 2}))
    assert told(found, {"MUG": PLAIN}, is_all=False) == ({"1": []}, [])


def test_an_item_that_the_catalogue_does_not_tell_is_left_open() -> None:
    found = order([("MUG", 1, 71)], shipment(1, MUG={"1": 1}))
    assert told(found, {}, is_all=False) == ({"1": []}, [])


def test_only_what_shipped_is_looked_up_as_it_was_ordered() -> None:
    found = order([("MUG", 1, 71), ("TEA", 1, 72)], shipment(1, mug={"1": 1}))
    assert product_names(found, found.shipments) == {"MUG"}
