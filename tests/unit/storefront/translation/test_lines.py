from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from cartage.model.orders import LineKind, OrderLine, SalesOrder
from cartage.storefront.translation.orders import translate_order

if TYPE_CHECKING:
    from tests.unit.storefront.conftest import Make


def read(make: Make, *items: dict[str, Any]) -> tuple[SalesOrder, dict[int, OrderLine]]:
    order = translate_order(make.order(OrderItemList=list(items)), ZoneInfo("UTC"))
    assert isinstance(order, SalesOrder)
    return order, {line.line_id: line for group in order.groups for line in group.lines}


def parent(make: Make, line_id: int = 1) -> dict[str, Any]:
    return make.item(ItemIndexID=line_id, ItemID="KIT", ItemCatalogIDOptions=",71,74", ItemOptionPrice=0)


def part(
    make: Make, line_id: int, of: object, description: str = "Bundle Item: Mug", **more: Any
) -> dict[str, Any]:
    changes = {
        "ItemIndexID": line_id,
        "ItemID": f"PART{line_id}",
        "ItemUnitPrice": 0,
        "ItemOptionPrice": 0,
        "ItemAdditionalField3": of,
        "ItemDescription": description,
    }
    return make.item(**(changes | more))


@pytest.mark.parametrize("of", ["1", 1, " 1 ", "1.0"])
def test_a_bundles_parts_name_their_parent(make: Make, of: object) -> None:
    order, lines = read(make, parent(make), part(make, 2, of), part(make, 3, of), make.item(ItemIndexID=4))
    assert [line.kind for line in lines.values()] == [
        LineKind.BUNDLE_PARENT,
        LineKind.BUNDLE_COMPONENT,
        LineKind.BUNDLE_COMPONENT,
        LineKind.ITEM,
    ]
    assert (lines[2].parent_line_id, lines[3].parent_line_id, lines[4].parent_line_id) == (1, 1, None)
    assert order.problems == ()


def test_a_kit_item_that_names_no_parent_belongs_to_the_bundle_before_it(make: Make) -> None:
    order, lines = read(
        make,
        parent(make),
        part(make, 2, "", "KIT ITEM: Mug"),
        parent(make, 3),
        part(make, 4, "", "KIT ITEM: Cup"),
    )
    assert (lines[2].parent_line_id, lines[4].parent_line_id) == (1, 3)
    assert order.problems == ()


def test_a_part_without_any_bundle_is_a_problem_not_an_item(make: Make) -> None:
    order, lines = read(make, make.item(ItemIndexID=1), part(make, 2, "999"))
    assert [problem.subject for problem in order.problems] == ["OrderItemList[].ItemAdditionalField3"]
    assert lines[2].kind is LineKind.BUNDLE_COMPONENT


@pytest.mark.parametrize("first_of", ["2", "3"])
def test_bundles_inside_bundles_are_a_problem_so_that_nothing_is_left_out(make: Make, first_of: str) -> None:
    order, _ = read(make, part(make, 1, first_of), part(make, 2, "1"), parent(make, 3))
    assert "OrderItemList[].ItemAdditionalField3" in {problem.subject for problem in order.problems}


def test_a_parent_without_parts_is_an_ordinary_item(make: Make) -> None:
    _, lines = read(make, parent(make))
    assert lines[1].kind is LineKind.ITEM


def test_a_number_in_the_additional_field_makes_no_bundle(make: Make) -> None:
    _, lines = read(
        make,
        make.item(ItemIndexID=1),
        make.item(ItemIndexID=2, ItemAdditionalField3="1"),
        part(make, 3, "1", "A free gift"),
        make.item(ItemIndexID=4, ItemAdditionalField3="4"),
    )
    assert {line.kind for line in lines.values()} == {LineKind.ITEM}


@pytest.mark.parametrize(
    ("description", "unit", "option", "sku", "kind"),
    [
        ("Volume Discount 3%", 0, Decimal("-1.6191"), "", LineKind.DISCOUNT),
        ("Volume Discount 3%", 0, Decimal("-1.6191"), "DISCOUNT", LineKind.DISCOUNT),
        ("Discount", 0, 5, "", LineKind.DISCOUNT),
        ("Discount Mug", 0, 5, "MUG-1", LineKind.ITEM),
        ("Discount Mug", 10, -1, "MUG-1", LineKind.ITEM),
        ("Free sample", 0, 0, "SAMPLE", LineKind.ITEM),
    ],
)
def test_a_discount_is_distinguished_from_a_product_that_must_ship(
    make: Make, description: str, unit: object, option: object, sku: str, kind: LineKind
) -> None:
    _, lines = read(
        make, make.item(ItemDescription=description, ItemUnitPrice=unit, ItemOptionPrice=option, ItemID=sku)
    )
    assert lines[90211].kind is kind
    assert lines[90211].unit_price == Decimal(str(unit)) + Decimal(str(option))


def test_a_line_without_a_number_is_a_problem(make: Make) -> None:
    order, lines = read(make, make.item(ItemIndexID=None), make.item(ItemIndexID=2))
    assert [problem.subject for problem in order.problems] == ["OrderItemList[].ItemIndexID"]
    assert list(lines) == [2]


_NO_QUANTITIES = [
    "1,5",
    "-1",
    -1,
    None,
    "",
    "two",
    True,
    [2],
    {"value": 2},
    float("nan"),
    "1e13",
    1e-13,
    "1_0",
]


@pytest.mark.parametrize("quantity", _NO_QUANTITIES)
def test_a_faulty_quantity_is_a_malformed_field_and_never_zero(make: Make, quantity: object) -> None:
    order, lines = read(make, make.item(ItemQuantity=quantity))
    assert [problem.subject for problem in order.problems] == ["OrderItemList[].ItemQuantity"]
    assert not lines[90211].has_quantity


def test_a_missing_quantity_is_a_malformed_field(make: Make) -> None:
    item = make.item()
    del item["ItemQuantity"]
    order, _ = read(make, item)
    assert [problem.subject for problem in order.problems] == ["OrderItemList[].ItemQuantity"]


@pytest.mark.parametrize("quantity", [0, "0", "0.00", 0.0, -0.0, Decimal("0E-20")])
def test_a_true_zero_is_a_quantity(make: Make, quantity: object) -> None:
    order, lines = read(make, make.item(ItemQuantity=quantity))
    assert order.problems == ()
    assert (lines[90211].has_quantity, lines[90211].quantity) == (True, Decimal(0))


@pytest.mark.parametrize("of_line", [1, 2])
def test_a_faulty_quantity_in_a_bundle_is_a_problem_at_the_bundle_and_at_its_components(
    make: Make, of_line: int
) -> None:
    bundle = [parent(make), part(make, 2, 1)]
    bundle[of_line - 1]["ItemQuantity"] = "1,5"
    order, lines = read(make, *bundle)
    assert [problem.subject for problem in order.problems] == ["OrderItemList[].ItemQuantity"]
    assert [line.line_id for line in lines.values() if not line.has_quantity] == [of_line]


def test_a_discount_needs_no_quantity(make: Make) -> None:
    discount = make.item(
        ItemDescription="Volume Discount", ItemUnitPrice=0, ItemOptionPrice=-1, ItemQuantity=None
    )
    order, lines = read(make, discount)
    assert (lines[90211].kind, order.problems) == (LineKind.DISCOUNT, ())
