"""Exclusion: lines that a lane leaves to other shippers never ship, and no other line is left out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.intake.lines import Exclusion
from cartage.model.orders import LineKind, OrderLine

MUG = OrderLine(1, "MUG", Decimal(1), weight=Decimal("0.4"))
CARD = OrderLine(2, "Gift-25", Decimal(1), weight=Decimal(0))
SOFA = OrderLine(3, "SOFA", Decimal(1), weight=Decimal(40), store_warehouse_id=9)


def remaining(exclusion: Exclusion, *lines: OrderLine) -> list[int]:
    found = exclusion.remaining(lines, {line.line_id: line for line in lines})
    return [line.line_id for line in found]


@pytest.mark.parametrize(
    ("exclusion", "left"),
    [
        (Exclusion(), [1, 2, 3]),
        (Exclusion(skus=("GIFT-*", "nothing")), [1, 3]),
        (Exclusion(weightless=True), [1, 3]),
        (Exclusion(store_warehouses=(9, 10)), [1, 2]),
        (Exclusion(skus=("mug",), weightless=True, store_warehouses=(9,)), []),
    ],
)
def test_each_exclusion_leaves_out_its_lines(exclusion: Exclusion, left: list[int]) -> None:
    assert remaining(exclusion, MUG, CARD, SOFA) == left


def test_a_missing_weight_is_not_zero() -> None:
    assert remaining(Exclusion(weightless=True), replace(MUG, weight=None)) == [1]


def test_a_components_weight_may_be_part_of_its_bundles() -> None:
    parent = replace(MUG, kind=LineKind.BUNDLE_PARENT)
    part = OrderLine(
        7, "PART", Decimal(1), kind=LineKind.BUNDLE_COMPONENT, parent_line_id=1, weight=Decimal(0)
    )
    assert remaining(Exclusion(weightless=True), parent, part) == [1, 7]
    assert remaining(Exclusion(weightless=True), replace(parent, weight=Decimal(0)), part) == []
