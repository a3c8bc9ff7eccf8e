"""Suggestions for causes without a mapping: made once, kept, and shown by `cartage mappings suggest`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage.errors import NotSupported
from cartage.errors.problems import ProblemKind
from cartage.mappings.changes import MappingChange
from cartage.mappings.choices import mapping_choices
from cartage.mappings.repo import save_mapping_rules
from cartage.validation.suggest_fixes import suggest_fixes
from cartage.warehouses.repo.offers import offered_ship_methods
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World


def kept(world: World) -> dict[str, list[dict[str, object]]]:
    """The suggestions of each open cause, by its kind."""
    rows = world.rows("SELECT kind, suggestions FROM cause WHERE closed_at IS NULL")
    return {row.kind: row.suggestions for row in rows}


def test_suggestions_are_made_once_for_each_cause_and_kept(world: World) -> None:
    world.place("unmapped_method")
    [order_id] = world.place()
    world.amend(order_id, line={"ItemID": "MUG_6", "ItemOptions": ""})
    world.stock("MUG-6", "SPOON")
    world.go("import_orders", "validate_mappings", "blocked_orders")
    found = kept(world)
    assert found["unknown_sku"][0]["sku"] == "MUG-6"
    assert found["unmapped_ship_method"]
    with world.ledger.begin() as connection:
        assert offered_ship_methods(connection, world.context("blocked_orders").account)
    asked = len(world.shop.warehouse.journal.entries("request"))
    world.go("blocked_orders")
    assert len(world.shop.warehouse.journal.entries("request")) == asked


def test_a_warehouse_that_cannot_be_asked_costs_only_the_suggestion(world: World) -> None:
    world.place("unmapped_method")
    world.warehouse_fault("GET /properties/carriers", "status", status=503, nth=0)
    world.go("import_orders", "validate_mappings")
    assert world.go("blocked_orders")["blocked_orders"]["causes"] == 1
    assert world.rows("SELECT suggested_at FROM cause")[0].suggested_at is None


def test_a_warehouse_that_cannot_list_its_ship_methods_fails_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place("unmapped_method")
    [order_id] = world.place()
    world.amend(order_id, line={"ItemID": "MUG_6", "ItemOptions": ""})
    world.stock("MUG-6")
    world.go("import_orders", "validate_mappings")
    world.execute("DELETE FROM ship_method_offer")
    context = world.context("blocked_orders")

    def unclaimed() -> None:
        raise NotSupported("ship methods")

    monkeypatch.setattr(context.warehouse, "ship_methods", unclaimed)
    assert suggest_fixes(context) == 2
    context.close()
    found = kept(world)
    assert found["unknown_sku"][0]["sku"] == "MUG-6"
    assert found["unmapped_ship_method"] == []


def test_suggestions_are_made_again_on_request_and_a_suggested_mapping_releases_the_order(
    make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(mappings="ledger", ship_methods=[])
    [order_id] = world.place("single")
    world.amend(order_id, shipment={"ShipmentMethodName": "UPS 2nd Day"}, line={"ItemID": "mug_red2"})
    world.stock("MUG-RED-2")
    world.go(*ORDERS_STAGES, "blocked_orders")
    # The kept suggestions are old; the command makes new ones.
    world.execute("UPDATE cause SET suggestions = '[]'")
    lanes = tmp_path / "lanes.yaml"
    settings = {name: value for name, value in world.settings.items() if name != "name"}
    lanes.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))

    def cartage(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["mappings", *arguments, "--lane", "demo"])
        assert result.exit_code == 0, result.output
        return result.stdout

    closest = [cause["matches"][0] for cause in json.loads(cartage("suggest", "--json"))]
    assert any(text.startswith("ship method 'UPS 2nd Day' -> UPS 2nd Day Air (02) (") for text in closest)
    assert any("mug_red2" in text and "MUG-RED-2" in text for text in closest)
    rules = [
        mapping_choices(ProblemKind(row.kind), row.subject, row.suggestions)[0].rule(row.subject)
        for row in world.rows("SELECT kind, subject, suggestions FROM cause WHERE closed_at IS NULL")
    ]
    with world.ledger.begin() as connection:
        save_mapping_rules(connection, "demo", MappingChange(tuple(rules)), author="ann")
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
