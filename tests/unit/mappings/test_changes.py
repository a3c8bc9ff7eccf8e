"""A change of rules: versions end and are added, never edited; an invalid change is refused with every invalid rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import MappingChange, MappingPlan, plan_mapping_change
from cartage.mappings.rules import (
    Mappings,
    MethodRule,
    Part,
    Rule,
    SkuRule,
    in_force_at,
    parts_text,
    rule_text,
)
from cartage.model.orders import ShipMethod

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONDAY, TUESDAY = NOW + timedelta(days=7), NOW + timedelta(days=8)
GROUND = MethodRule("Ground", ShipMethod("UPS", "Ground"))
FEDEX = MethodRule("Ground", ShipMethod("FedEx", "Home Delivery"))
PACK = SkuRule("MUG-6", (Part("MUG", 6),))


def planned(
    standing: list[Rule], *put: Rule, drop: tuple[Rule, ...] = (), whole: bool = False
) -> MappingPlan:
    change = MappingChange(put, tuple(rule.key for rule in drop), whole)
    return plan_mapping_change(dict(enumerate(standing, 1)), change, NOW)


def refused(standing: list[Rule], *put: Rule, drop: tuple[Rule, ...] = ()) -> str:
    with pytest.raises(SettingsError) as caught:
        planned(standing, *put, drop=drop)
    return str(caught.value)


def test_a_new_rule_is_added() -> None:
    found = planned([GROUND], PACK)
    assert (found.ends, found.adds) == ((), (PACK,))
    assert found.words == ("new: SKU 'MUG-6' -> 6 x MUG",)


def test_a_rule_that_exists_already_changes_nothing() -> None:
    found = planned([GROUND, PACK], PACK, GROUND)
    assert found.is_empty
    assert found.unchanged == 2


def test_another_target_ends_the_version_before() -> None:
    found = planned([GROUND], FEDEX)
    assert (found.ends, found.adds) == ((1,), (FEDEX,))
    assert found.words == (
        "changed: ship method 'Ground' -> UPS Ground  =>  ship method 'Ground' -> FedEx Home Delivery",
    )


def test_a_rule_that_starts_later_lets_the_present_one_apply_until_then() -> None:
    later = replace(FEDEX, valid_from=MONDAY)
    assert planned([GROUND], later).adds == (later, replace(GROUND, valid_until=MONDAY))


def test_a_rule_for_a_day_lets_the_present_one_apply_again_after_it() -> None:
    holiday = replace(FEDEX, valid_from=MONDAY, valid_until=TUESDAY)
    before, after = replace(GROUND, valid_until=MONDAY), replace(GROUND, valid_from=TUESDAY)
    found = planned([GROUND], holiday)
    assert found.adds == (holiday, before, after)
    for moment, carrier in ((NOW, "UPS"), (MONDAY, "FedEx"), (TUESDAY, "UPS")):
        [rule] = [add for add in found.adds if in_force_at(add, moment)]
        assert isinstance(rule, MethodRule)
        assert rule.method.carrier == carrier


def test_a_dropped_rule_ends() -> None:
    assert planned([GROUND, PACK], drop=(GROUND,)).ends == (1,)
    assert "has no rule to drop" in refused([PACK], drop=(GROUND,))


def test_a_whole_change_drops_what_it_does_not_name() -> None:
    later = replace(FEDEX, valid_from=MONDAY)
    found = planned([GROUND, later, PACK], GROUND, whole=True)
    assert (found.ends, found.adds, found.unchanged) == ((3, 2), (), 1)


def test_an_invalid_change_is_refused_with_every_invalid_rule() -> None:
    backwards = replace(PACK, valid_from=TUESDAY, valid_until=MONDAY)
    text = refused([], GROUND, FEDEX, backwards)
    assert "ends before it begins" in text
    assert "in force at the same time" in text


def test_two_patterns_never_have_the_same_order() -> None:
    first = MethodRule("UPS*", ShipMethod("UPS"), TextMatch.PATTERN, 10)
    second = replace(first, store="*Ground*")
    assert "has the order 10, and so has pattern 'UPS*'" in refused([first], second)
    assert planned([first], replace(second, order=20)).adds == (replace(second, order=20),)
    assert planned([first], second, drop=(first,)).ends == (1,)


def test_skus_that_differ_only_in_letter_case_are_the_same() -> None:
    assert planned([PACK], SkuRule(" mug-6", (Part("CUP"),))).ends == (1,)


def test_rules_are_sorted_by_kind_and_patterns_by_their_order() -> None:
    last = MethodRule("*", ShipMethod("UPS"), TextMatch.PATTERN, 20)
    first = MethodRule("U*", ShipMethod("UPS"), TextMatch.PATTERN, 10)
    assert Mappings.of([last, PACK, first]) == Mappings((first, last), (PACK,))


def test_parts_are_shown_as_people_write_them() -> None:
    assert parts_text([Part("MUG")]) == "MUG"
    assert parts_text([Part("MUG", 4), Part("POT")]) == "4 x MUG + 1 x POT"
    assert rule_text(replace(PACK, valid_from=MONDAY)).endswith("-> 6 x MUG from 2026-03-09 12:00 UTC")
