"""Rules of one of several warehouses come before those for all; each change concerns its own warehouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import MappingChange, plan_mapping_change
from cartage.mappings.rules import Mappings, MethodRule, Part, Rule, SkuRule, rule_text
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.model.orders import ShipMethod

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GROUND = MethodRule("UPS Ground", ShipMethod("UPS", "Ground"))
REST = MethodRule("*", ShipMethod("USPS"), TextMatch.PATTERN, 5)
OF_WEST = MethodRule("ups ground!", ShipMethod("ShipBob", "Standard"), warehouse="west")
PACK = SkuRule("MUG-6", (Part("MUG", 6),))
PACK_WEST = replace(PACK, parts=(Part("SB-MUG"),), warehouse="west")
PATTERN_WEST = MethodRule("UPS*", ShipMethod("ShipBob"), TextMatch.PATTERN, 10, warehouse="west")


def found(rules: list[Rule], warehouse: str, text: str) -> str:
    method = ShipMethodTable(Mappings.of(rules).at(warehouse).methods).find(text)
    return method.carrier if method else ""


def test_a_rule_of_a_warehouse_takes_the_place_of_that_for_all() -> None:
    mappings = Mappings.of([PACK, PACK_WEST])
    assert mappings.at("west").skus == (PACK_WEST,)
    assert mappings.at("ohio").skus == (PACK,)
    assert mappings.at("").skus == (PACK,)


def test_what_a_warehouse_has_no_rule_for_is_mapped_as_for_all() -> None:
    rules: list[Rule] = [
        GROUND,
        replace(GROUND, store="Air"),
        replace(GROUND, method=ShipMethod("A"), warehouse="west"),
    ]
    assert found(rules, "west", "UPS Ground") == "A"
    assert found(rules, "west", "Air") == "UPS"
    assert found(rules, "ohio", "UPS Ground") == "UPS"


def test_patterns_of_a_warehouse_are_tried_before_those_for_all() -> None:
    rules: list[Rule] = [REST, PATTERN_WEST]
    assert found(rules, "west", "UPS 2nd Day") == "ShipBob"
    assert found(rules, "west", "Post") == "USPS"
    assert found(rules, "ohio", "UPS 2nd Day") == "USPS"


def test_a_pattern_of_a_warehouse_comes_before_the_texts_for_all_that_it_matches() -> None:
    rules: list[Rule] = [GROUND, replace(GROUND, store="Air"), PATTERN_WEST]
    assert found(rules, "west", "UPS Ground") == "ShipBob"
    assert found(rules, "west", "Air") == "UPS"
    assert found(rules, "ohio", "UPS Ground") == "UPS"


def test_a_change_of_one_warehouse_leaves_the_rules_of_the_others() -> None:
    current: dict[int, Rule] = {1: PACK, 2: PACK_WEST}
    changed = replace(PACK_WEST, parts=(Part("SB-6"),))
    plan = plan_mapping_change(current, MappingChange((changed,)), NOW)
    assert (plan.ends, plan.adds) == ((2,), (changed,))
    assert plan.words == ("changed: SKU 'MUG-6' at west -> SB-MUG  =>  SKU 'MUG-6' at west -> SB-6",)
    assert plan_mapping_change(current, MappingChange(drop=(PACK.key,)), NOW).ends == (1,)


def test_a_whole_file_of_one_warehouse_drops_only_its_own_rules() -> None:
    current: dict[int, Rule] = {1: PACK, 2: PACK_WEST, 3: PATTERN_WEST, 4: replace(PACK, warehouse="ohio")}
    plan = plan_mapping_change(current, MappingChange((PACK_WEST,), whole=True, of="west"), NOW)
    assert plan.ends == (3,)
    assert set(plan_mapping_change(current, MappingChange((PACK_WEST,), whole=True), NOW).ends) == {1, 3, 4}


def test_patterns_of_different_warehouses_may_have_the_same_order() -> None:
    own = replace(PATTERN_WEST, order=5)
    assert plan_mapping_change({1: REST}, MappingChange((own,)), NOW).adds == (own,)
    clash = replace(own, store="*air*")
    with pytest.raises(SettingsError, match="has the order 5"):
        plan_mapping_change({1: own}, MappingChange((clash,)), NOW)


def test_a_rule_that_is_not_there_is_named_with_its_warehouse() -> None:
    with pytest.raises(SettingsError, match="SKU 'mug-6' at west: has no rule to drop"):
        plan_mapping_change({1: PACK}, MappingChange(drop=(PACK_WEST.key,)), NOW)


def test_a_rule_of_a_warehouse_says_so() -> None:
    assert rule_text(OF_WEST) == "ship method 'ups ground!' at west -> ShipBob Standard"
