"""The settings of a lane with several warehouses: what is valid, what each warehouse sees, and every mistake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from cartage.lanes import LaneFile, load_lanes
from cartage.lanes.account import account_of
from cartage.lanes.schema import json_schema
from cartage.lanes.settings.lane import Lane

Load = Callable[[str], LaneFile]
Section = dict[str, Any]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a text as a lanes file."""

    def read(text: str) -> LaneFile:
        file = tmp_path / "lanes.yaml"
        file.write_text(text, encoding="utf-8")
        return load_lanes(file)

    return read


def settings(**more: Any) -> Section:
    """The settings of a lane with a warehouse at each coast."""
    return {
        "store": {"connection": "store_main", "time_zone": "America/New_York", "go_live": "2026-01-01"},
        "warehouses": {
            "east": {
                "connector": "extensiv",
                "connection": "extensiv_east",
                "settings": {"customer_id": 12, "facility_id": 1},
            },
            "west": {
                "connector": "shipbob",
                "connection": "shipbob_west",
                "settings": {"channel_id": 7},
                "ship_methods": [{"store": "UPS Ground", "carrier": "ShipBob", "service": "Ground"}],
                "skus": [{"store": "mug-6", "sku": "W-MUG", "quantity": 6}],
                "inventory": {"buffers": [{"skus": "W-*", "units": 9}], "max_age": "2h"},
            },
        },
        "ship_methods": [
            {"store": "UPS Ground", "carrier": "UPS", "service": "Ground"},
            {"store": "Express", "carrier": "UPS", "service": "Next Day"},
        ],
        "skus": [{"store": "MUG-6", "sku": "MUG", "quantity": 6}],
        "inventory": {"buffers": [{"skus": "*", "units": 1}]},
        **more,
    }


def text_of(lane: Section) -> str:
    return yaml.safe_dump({"lanes": {"demo": lane}}, sort_keys=False)


def lane(**more: Any) -> Lane:
    return Lane.model_validate({**settings(**more), "name": "demo"})


def found(load: Load, given: Section) -> list[tuple[str, str]]:
    """Path and message of each mistake."""
    return [
        (mistake.path.removeprefix("lanes.demo."), mistake.message)
        for mistake in load(text_of(given)).mistakes
    ]


def test_a_lane_with_several_warehouses_is_valid(load: Load) -> None:
    rule = {"name": "coast", "when": {"states": ["CA", "WA"]}, "to": "west"}
    loaded = load(text_of(settings(routing=[rule])))
    assert loaded.mistakes == []
    assert loaded.warnings == []
    assert loaded.lanes["demo"].warehouse_names() == ("east", "west")


def test_each_warehouse_has_its_own_rules_then_the_lanes() -> None:
    west = lane().at("west")
    assert [(rule.store, rule.carrier) for rule in west.ship_methods] == [
        ("UPS Ground", "ShipBob"),
        ("Express", "UPS"),
    ]
    assert [(rule.store, rule.sku) for rule in west.skus] == [("mug-6", "W-MUG")]
    assert west.inventory is not None
    assert [(buffer.skus, buffer.units) for buffer in west.inventory.buffers] == [("W-*", 9), ("*", 1)]
    assert west.inventory.max_age == timedelta(hours=2)
    assert west.warehouse.connection == "shipbob_west"


def test_a_warehouse_without_rules_of_its_own_has_the_lanes() -> None:
    whole = lane()
    east = whole.at("east")
    assert (east.ship_methods, east.skus, east.inventory) == (whole.ship_methods, whole.skus, whole.inventory)
    assert east.warehouse.connector == "extensiv"


def test_the_views_have_accounts_of_their_own_and_know_each_other() -> None:
    east, west = lane().views()
    assert (east.warehouse_name, west.warehouse_name) == ("east", "west")
    assert account_of(east) != account_of(west)
    assert east.at("west") == west
    assert east.views() == (east,)
    assert east.at("west").at("east") == east


def test_the_whole_lane_has_no_single_warehouse() -> None:
    whole = lane()
    with pytest.raises(LookupError, match=r"lane demo has several warehouses \(east, west\)"):
        _ = whole.warehouse
    with pytest.raises(LookupError, match="no warehouse 'north'; it has 'east', 'west'"):
        whole.at("north")
    with pytest.raises(LookupError, match="no warehouse ''"):
        whole.at("")


def test_a_lane_with_one_warehouse_is_its_own_view() -> None:
    given = settings()
    single = {key: given["warehouses"]["east"][key] for key in ("connector", "connection", "settings")}
    del given["warehouses"]
    one = Lane.model_validate({**given, "warehouse": single, "name": "demo"})
    assert one.warehouse_names() == ("",)
    assert one.at("") is one
    assert one.views() == (one,)
    assert one.warehouse.connection == "extensiv_east"
    with pytest.raises(LookupError, match="no warehouse 'east'"):
        one.at("east")


def test_a_lane_survives_the_way_through_its_own_dump() -> None:
    whole = lane(routing=[{"name": "coast", "when": {"states": ["CA"]}, "to": "west"}])
    assert Lane.model_validate(whole.model_dump()) == whole


def test_every_mistake_is_reported_at_once(load: Load) -> None:
    rules = [
        {"name": "cold", "when": {"skus": ["ICE-*"]}, "to": "wset"},
        {"name": "rest", "prefer": ["east", "north"], "split": "never"},
        {"name": "cold", "when": {"states": ["CA"]}, "to": "west"},
        {"name": "both", "to": "east", "hold": "look"},
        {"name": "dear", "when": {"amount_from": 50, "amount_below": 20}, "to": "east"},
        {"name": "zip", "when": {"postal_codes": ["961-900"]}, "to": "east"},
    ]
    given = settings(routing=rules)
    given["warehouses"]["west"]["settings"] = {"channel": 7}
    assert {path for path, _ in found(load, given)} == {
        "warehouses.west.settings.channel_id",
        "warehouses.west.settings.channel",
        "routing[1].to",
        "routing[2].prefer[2]",
        "routing[3].name",
        *(f"routing[{number}]" for number in (3, 4, 5, 6)),  # after a rule that takes every line
        "routing[5].when",
        "routing[6].when.postal_codes[1]",
    }


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"warehouse": {"connector": "extensiv", "connection": "a"}}, "warehouses", "also has `warehouse`"),
        ({"warehouses": {}}, "warehouses", "is empty"),
        ({"warehouses": None}, "warehouses", "is empty"),
        ({"routing": [{"name": "a"}]}, "routing[1]", "does not say where the lines go"),
        ({"routing": [{"name": "a", "to": "east", "nobody": True}]}, "routing[1]", "has to and nobody"),
        (
            {"routing": [{"name": "a", "to": "east", "split": "by_line"}]},
            "routing[1]",
            "split without prefer",
        ),
        (
            {"routing": [{"name": "a", "to": "east", "backorder_at": "west"}]},
            "routing[1]",
            "backorder_at without prefer",
        ),
        ({"routing": [{"name": "a", "prefer": ["east", "east"]}]}, "routing[1].prefer", "'east' twice"),
        ({"routing": [{"name": "a", "to": "esat"}]}, "routing[1].to", "there is no warehouse 'esat'"),
        (
            {"routing": [{"name": "a", "when": {"in_stock": ["moon"]}, "to": "east"}]},
            "routing[1].when.in_stock[1]",
            "there is no warehouse 'moon'",
        ),
        (
            {"routing": [{"name": "a", "prefer": ["east"], "backorder_at": "moon"}]},
            "routing[1].backorder_at",
            "there is no warehouse 'moon'",
        ),
        (
            {"routing": [{"name": "a", "when": {"weight_from": 3, "weight_below": 3}, "to": "east"}]},
            "routing[1].when",
            "weight_from 3 to weight_below 3 is an empty range",
        ),
        (
            {"routing": [{"name": "a", "when": {"postal_codes": ["900-96"]}, "to": "east"}]},
            "routing[1].when.postal_codes[1]",
            "different lengths",
        ),
        (
            {"routing": [{"name": "a", "when": {"sku": ["A"]}, "to": "east"}]},
            "routing[1].when.sku",
            "there is no such setting",
        ),
        (
            {
                "routing": [{"name": "a", "hold": "look"}],
                "holds": [{"name": "a", "reason": "b", "grace": "1h"}],
            },
            "routing[1].name",
            "a rule of `holds` has this name too",
        ),
        (
            {"inventory": None, "routing": [{"name": "a", "prefer": ["east"]}]},
            "routing[1].prefer",
            "looks at stock, and the lane has no `inventory`",
        ),
    ],
)
def test_a_mistake_has_its_place_and_its_fix(load: Load, change: Section, path: str, message: str) -> None:
    mistakes = load(text_of(settings(**change))).mistakes
    fitting = [mistake for mistake in mistakes if mistake.path == f"lanes.demo.{path}"]
    assert fitting, mistakes
    assert any(message in mistake.message for mistake in fitting), fitting
    assert all(mistake.fix for mistake in fitting)


def test_a_rule_after_one_that_takes_everything_is_unreachable(load: Load) -> None:
    rules = [
        {"name": "look", "hold": "a person looks at everything"},
        {"name": "all", "when": {"skus": ["*"], "states": []}, "to": "east"},
        {"name": "late", "when": {"states": ["CA"]}, "to": "west"},
    ]
    [(path, message)] = found(load, settings(routing=rules))
    assert path == "routing[3]"
    assert message.startswith("no line reaches this rule: that in line ")


def test_a_rule_with_the_conditions_of_an_earlier_one_is_unreachable(load: Load) -> None:
    when = {"states": ["CA"], "amount_from": 5}
    rules = [{"name": "a", "when": when, "to": "west"}, {"name": "b", "when": dict(when), "to": "east"}]
    assert [path for path, _ in found(load, settings(routing=rules))] == ["routing[2]"]


def test_routing_needs_several_warehouses(load: Load) -> None:
    given = settings(routing=[{"name": "a", "to": "east"}])
    given["warehouse"] = given.pop("warehouses")["east"]
    assert found(load, given) == [("routing", "is for lanes with several warehouses")]


def test_mappings_of_the_ledger_are_for_all_warehouses(load: Load) -> None:
    given = settings(mappings="ledger", ship_methods=[], skus=[])
    assert [path for path, _ in found(load, given)] == [
        "warehouses.west.ship_methods",
        "warehouses.west.skus",
    ]


def test_two_names_for_the_same_stock_are_a_mistake(load: Load) -> None:
    given = settings()
    given["warehouses"]["west"] = dict(given["warehouses"]["east"])
    assert found(load, given) == [
        ("warehouses.west", "is the same stock as 'east': same connection, same settings")
    ]


def test_a_warehouse_that_no_rule_names_is_a_warning(load: Load) -> None:
    loaded = load(text_of(settings(routing=[{"name": "a", "to": "east"}])))
    assert loaded.mistakes == []
    assert [(item.path, item.message) for item in loaded.warnings] == [
        ("lanes.demo.warehouses.west", "no routing rule sends anything to it")
    ]


def warned(load: Load, **changes: Any) -> list[tuple[str, str, str]]:
    """The warnings of a lane that is valid: place, message and fix."""
    loaded = load(text_of(settings(**changes)))
    assert loaded.mistakes == []
    return [(item.path.removeprefix("lanes.demo."), item.message, item.fix) for item in loaded.warnings]


@pytest.mark.parametrize(
    ("when", "path", "message", "fix"),
    [
        (
            {"countries": ["US", "XX"]},
            "countries[2]",
            "no country has the code 'XX', so no address meets this",
            "ISO",
        ),
        (
            {"states": ["CA", "XQ"]},
            "states[2]",
            "no state or province of the US, Canada or Australia",
            "such as CA",
        ),
        (
            {"states": ["Calfornia"], "countries": ["US"]},
            "states[1]",
            "of US has the code",
            "Did you mean CA",
        ),
        (
            {"states": ["ON"], "countries": ["US"]},
            "states[1]",
            "no state or province of US has the code 'ON'",
            "code",
        ),
    ],
)
def test_a_place_that_no_address_has_is_a_warning(
    load: Load, when: Section, path: str, message: str, fix: str
) -> None:
    [(place, found, how)] = warned(load, routing=[{"name": "a", "when": when, "to": "west"}])
    assert place == f"routing[1].when.{path}"
    assert message in found
    assert fix in how


def test_places_that_addresses_have_are_no_warning(load: Load) -> None:
    rules = [
        {"name": "a", "when": {"states": ["CA", "california", "ON", "NSW", "PR", "AE"]}, "to": "west"},
        {"name": "b", "when": {"countries": ["UK", "XK", "MX"]}, "to": "west"},
        {"name": "c", "when": {"countries": ["MX"], "states": ["Jalisco"]}, "to": "west"},
    ]
    assert warned(load, routing=rules) == []


def test_wildcards_in_ship_methods_that_hide_others_or_are_none_are_warnings(load: Load) -> None:
    methods = [
        {"store": "*", "match": "pattern", "carrier": "UPS"},
        {"store": "Air*", "match": "pattern", "carrier": "DHL"},
        {"store": "Post*", "carrier": "USPS"},
    ]
    own = settings()["warehouses"]
    own["west"]["ship_methods"] = [{"store": "*", "match": "pattern", "carrier": "ShipBob"}]
    rules = [{"name": "a", "when": {"states": ["CA"]}, "to": "west"}]
    found = warned(load, ship_methods=methods, warehouses=own, routing=rules)
    assert [(place, message) for place, message, _ in found] == [
        (
            "ship_methods[1].store",
            "takes every ship method, so these patterns after it are never tried: 'Air*'",
        ),
        ("ship_methods[3].store", "'Post*' is compared as it is: * stands for itself"),
    ]


def test_a_pattern_of_a_warehouse_takes_the_place_of_the_texts_that_it_matches(load: Load) -> None:
    own = settings()["warehouses"]
    own["west"]["ship_methods"] = [{"store": "UPS*", "match": "pattern", "carrier": "ShipBob"}]
    lane = load(text_of(settings(warehouses=own))).lanes["demo"]
    assert [rule.store for rule in lane.at("west").ship_methods] == ["UPS*", "Express"]
    assert [rule.store for rule in lane.at("east").ship_methods] == ["UPS Ground", "Express"]


@pytest.mark.parametrize("name", ["East", "a__b", "1st", "a" * 21, "a-b", "a_"])
def test_a_name_that_cannot_be_part_of_a_task_id_is_a_mistake(load: Load, name: str) -> None:
    given = settings()
    given["warehouses"][name] = given["warehouses"].pop("west")
    mistakes = found(load, given)
    paths = [path for path, message in mistakes if "cannot be the name of a warehouse" in message]
    assert paths == [f"warehouses.{name}"], mistakes


def test_a_method_mapped_twice_at_a_warehouse_is_a_mistake(load: Load) -> None:
    given = settings()
    given["warehouses"]["west"]["ship_methods"] *= 2
    [(path, message)] = found(load, given)
    assert path == "warehouses.west.ship_methods[2].store"
    assert "has two rules" in message


def test_the_schema_accepts_either_form_and_not_both() -> None:
    validator = Draft202012Validator(json_schema())
    rule = {"name": "coast", "when": {"states": ["CA"]}, "prefer": ["west"], "split": "by_line"}
    several = settings(routing=[rule])
    one = settings(warehouse=several["warehouses"]["east"])
    assert list(validator.iter_errors({"lanes": {"demo": several}})) == []
    assert list(validator.iter_errors({"lanes": {"demo": one}}))
    del one["warehouses"]
    assert list(validator.iter_errors({"lanes": {"demo": one}})) == []
    several["warehouses"]["west"]["settings"] = {"channel": "x"}
    assert list(validator.iter_errors({"lanes": {"demo": several}}))
