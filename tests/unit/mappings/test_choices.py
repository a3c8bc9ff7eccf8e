"""Suggestions as choices: each label means one rule."""

from __future__ import annotations

import pytest

from cartage.errors.problems import ProblemKind
from cartage.mappings.choices import mapping_choices
from cartage.mappings.rules import MethodRule, Part, SkuRule
from cartage.model.orders import ShipMethod

GROUND = {"carrier": "UPS", "service": "Ground", "score": 90.0}
MUG = {"sku": "MUG-6", "description": "Mugs", "score": 90.0}


def test_a_ship_method_is_mapped_to_carrier_and_service() -> None:
    [offer] = mapping_choices(ProblemKind.UNMAPPED_SHIP_METHOD, "Grnd", [GROUND])
    assert offer.label == "UPS Ground"
    assert offer.rule("Grnd") == MethodRule("Grnd", ShipMethod("UPS", "Ground"))


def test_a_sku_is_an_alias_of_one_item() -> None:
    [offer] = mapping_choices(ProblemKind.UNKNOWN_SKU, "mug6", [MUG])
    assert offer.label == "MUG-6"
    assert offer.rule("mug6") == SkuRule("mug6", (Part("MUG-6"),))


@pytest.mark.parametrize(
    "kind", sorted(set(ProblemKind) - {ProblemKind.UNMAPPED_SHIP_METHOD, ProblemKind.UNKNOWN_SKU})
)
def test_a_cause_that_no_mapping_fixes_has_no_choices(kind: ProblemKind) -> None:
    assert mapping_choices(kind, "Grnd", [GROUND | MUG]) == ()


def test_an_empty_ship_method_has_no_choices() -> None:
    assert mapping_choices(ProblemKind.UNMAPPED_SHIP_METHOD, " ", [GROUND]) == ()


def test_no_label_means_two_things() -> None:
    alike = [
        GROUND,
        {"carrier": "UPS Ground", "service": "", "score": 80.0},
        {**GROUND, "carrier": "U\x00PS"},
    ]
    found = mapping_choices(ProblemKind.UNMAPPED_SHIP_METHOD, "Grnd", alike)
    assert [choice.label for choice in found] == ["UPS Ground", "U PS Ground"]
    assert found[0].rule("Grnd") == MethodRule("Grnd", ShipMethod("UPS", "Ground"))


def test_a_label_is_a_single_short_line() -> None:
    [offer] = mapping_choices(
        ProblemKind.UNKNOWN_SKU, "x", [{"sku": "A\n" + "B" * 500, "description": "", "score": 70.0}]
    )
    assert len(offer.label) == 100
    assert "\n" not in offer.label
