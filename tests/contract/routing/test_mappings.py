"""Mappings in the ledger of a lane with two warehouses: each has its own, judged by its own catalogue."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.errors import SettingsError
from cartage.lanes.account import accounts_of
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import save_mapping_rules
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod
from cartage.runtime.context import StageContext
from cartage.validation.compare_rules import Comparison, RuleEffect
from cartage.validation.mapping_changes import preview_mapping_change, propose_mapping_change
from cartage.warehouses.repo.offers import keep_offered_ship_methods
from cartage_sandbox.generate import SHIP_METHODS
from tests.contract.routing.test_commands import command_line, lanes_text
from tests.contract.routing.test_two_warehouses import TO_CALIFORNIA, TO_MAINE
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses

METHODS = tuple(MethodRule(name, ShipMethod("UPS", "Ground")) for name in SHIP_METHODS)
OF_WEST = MethodRule("*", ShipMethod("ShipBob", "Standard"), TextMatch.PATTERN, 10, warehouse=WEST)


@pytest.fixture
def in_ledger(two: TwoWarehouses) -> TwoWarehouses:
    """The lane keeps its mappings in the ledger: those for all, and a pattern of the western warehouse."""
    two.settings |= {"mappings": "ledger", "ship_methods": []}
    two.settings["warehouses"][WEST].pop("ship_methods")
    save(two, *METHODS, OF_WEST)
    return two


@contextmanager
def context(two: TwoWarehouses) -> Iterator[StageContext]:
    opened = two.context("mappings")
    yield opened
    opened.close()


def save(two: TwoWarehouses, *rules: Rule) -> None:
    with two.ledger.begin() as connection:
        save_mapping_rules(connection, two.lane.name, MappingChange(rules), author="ann")


def order(two: TwoWarehouses, place: dict[str, str], sku: str) -> int:
    [order_id] = two.place()
    two.amend(order_id, shipment=place, line={"ItemID": sku})
    return order_id


def previewed(two: TwoWarehouses, *rules: Rule) -> Comparison:
    with context(two) as opened:
        return preview_mapping_change(opened, propose_mapping_change(opened, MappingChange(rules)))


def carriers(two: TwoWarehouses) -> dict[int, str | None]:
    sql = "SELECT order_id, request -> 'ship_method' ->> 'carrier' AS carrier FROM fulfillment_order"
    return {row.order_id: row.carrier for row in two.rows(sql)}


def test_each_warehouse_has_its_own_rules_before_those_for_all(in_ledger: TwoWarehouses) -> None:
    in_ledger.put_in_both("MUG")
    west, east = order(in_ledger, TO_CALIFORNIA, "MUG"), order(in_ledger, TO_MAINE, "MUG")
    in_ledger.go("import_orders", "validate_mappings")
    assert carriers(in_ledger) == {west: "ShipBob", east: "UPS"}


def test_a_rule_of_one_warehouse_releases_its_orders_alone(in_ledger: TwoWarehouses) -> None:
    """SB-MUG is known in the west only: each warehouse's orders are judged by its own catalogue."""
    with in_ledger.west.warehouse.state.lock:
        in_ledger.west.warehouse.state.put_item({"sku": "SB-MUG", "quantity": 5})
    in_ledger.put_in_both("OTHER")
    west, east = order(in_ledger, TO_CALIFORNIA, "MUG"), order(in_ledger, TO_MAINE, "MUG")
    in_ledger.go("import_orders", "validate_mappings")
    assert in_ledger.states() == {"blocked": 2}
    rule = SkuRule("MUG", (Part("SB-MUG"),), warehouse=WEST)
    found = previewed(in_ledger, rule)
    assert found.validated == 2
    assert found.counts == {RuleEffect.RELEASED: 1}
    assert [example.reference for example in found.examples] == [in_ledger.reference_of(west)]
    for_all = previewed(in_ledger, SkuRule("MUG", (Part("SB-MUG"),)))
    assert for_all.counts == {RuleEffect.RELEASED: 1, RuleEffect.OTHER_CAUSES: 1}
    save(in_ledger, rule)
    in_ledger.go("validate_mappings")
    assert in_ledger.state_of(west) == ["ready"]
    assert in_ledger.state_of(east) == ["blocked"]


def test_a_rule_is_checked_by_what_its_own_warehouse_offers(in_ledger: TwoWarehouses) -> None:
    accounts = accounts_of(in_ledger.lane)
    with in_ledger.ledger.begin() as connection:
        keep_offered_ship_methods(connection, accounts[EAST], [ShipMethod("UPS", "Ground")])
        keep_offered_ship_methods(connection, accounts[WEST], [ShipMethod("ShipBob", "Standard")])
    previewed(in_ledger, MethodRule("New", ShipMethod("ShipBob", "Standard"), warehouse=WEST))
    previewed(in_ledger, MethodRule("New", ShipMethod("ShipBob", "Standard")))
    with pytest.raises(SettingsError, match="'New' at west: the warehouse offers no carrier 'UPS'"):
        previewed(in_ledger, MethodRule("New", ShipMethod("UPS", "Ground"), warehouse=WEST))
    with pytest.raises(SettingsError, match="'New': the warehouse offers no carrier 'Ferry'"):
        previewed(in_ledger, MethodRule("New", ShipMethod("Ferry")))


@pytest.fixture
def cartage(
    in_ledger: TwoWarehouses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Return the command line on this lane and its ledger, where every command must succeed."""
    cartage = command_line(in_ledger, tmp_path, monkeypatch)

    def run(*words: object) -> Result:
        result = cartage(*words)
        assert result.exit_code == 0, result.output
        return result

    return run


def rules_of(rows: list[dict[str, Any]], warehouse: str) -> set[str]:
    return {row["store"] for row in rows if row["warehouse"] == warehouse}


def test_all_rules_are_in_one_file_and_those_of_one_warehouse_can_be_replaced_alone(
    in_ledger: TwoWarehouses, cartage: Callable[..., Result], tmp_path: Path
) -> None:
    file, lane = tmp_path / "rules.csv", ("--lane", in_ledger.lane.name)
    cartage("mappings", "export", *lane, file)
    rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert rules_of(rows, "") == set(SHIP_METHODS)
    assert rules_of(rows, WEST) == {"*"}
    again = json.loads(cartage("mappings", "check", *lane, file, "--replace", "--json").stdout)
    assert again["rules"] == [], "the file is what the ledger has"

    own = tmp_path / "west.csv"
    own.write_text("kind,store,item,quantity\nsku,MUG-6,SB-MUG,6\n")
    cartage("mappings", "import", *lane, "--by", "ann", "--warehouse", WEST, "--replace", own)
    listed = json.loads(cartage("mappings", "list", *lane, "--json").stdout)
    kept = [row for version in listed for row in version["rule"]]
    assert rules_of(kept, "") == set(SHIP_METHODS)
    assert rules_of(kept, WEST) == {"MUG-6"}


def test_a_rule_of_a_warehouse_is_set_and_dropped_by_command(
    in_ledger: TwoWarehouses, cartage: Callable[..., Result]
) -> None:
    lane = ("--lane", in_ledger.lane.name, "--by", "ann")
    cartage("mappings", "set", *lane, "--warehouse", EAST, "--sku", "MUG-6", "--item", "6 x MUG")
    cartage("mappings", "drop", *lane, "--warehouse", WEST, "--pattern", "*")
    sql = "SELECT store, warehouse FROM mapping_rule WHERE ended_at IS NULL AND warehouse <> ''"
    assert [(row.store, row.warehouse) for row in in_ledger.rows(sql)] == [("MUG-6", EAST)]
    wrong = CliRunner().invoke(app, ["mappings", "drop", *lane, "--warehouse", "moon", "--sku", "A"])
    assert wrong.exit_code == 2
    assert "has no warehouse 'moon'" in " ".join(wrong.output.replace("│", " ").split())


def test_a_lane_that_keeps_its_rules_in_the_file_gets_a_patch_of_the_warehouses_own(
    two: TwoWarehouses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text(lanes_text(two.settings).replace('"lanes": {', '"lanes": {\n').replace("}, ", "},\n"))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    words = ["mappings", "set", "--lane", two.lane.name, "--by", "ann", "--warehouse", WEST]
    result = CliRunner().invoke(app, [*words, "--sku", "MUG-6", "--item", "6 x SB-MUG", "--json"])
    assert result.exit_code == 0, result.output
    patch = json.loads(result.stdout)["patch"]
    added = [line for line in patch.splitlines() if line.startswith("+") and "SB-MUG" in line]
    assert len(added) == 1, patch
