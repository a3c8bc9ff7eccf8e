"""`cartage stock` and `cartage run update_stock --full`, as an operator types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from tests.contract.conftest import MakeWorld
from tests.contract.inventory.stocked import goods, push, shown, writes
from tests.contract.world import World

Cartage = Callable[..., Result]


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    found = make_world(inventory={})
    goods(found, {f"MUG-{number}": 20 for number in range(6)}, in_store=20)
    return found


@pytest.fixture
def cartage(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    """The command, on a lanes file with this world's lane."""
    lanes = tmp_path / "lanes.yaml"
    settings = {name: value for name, value in world.settings.items() if name != "name"}
    lanes.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == code, result.output
        return result

    return run


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def test_the_dry_run_shows_the_differences_and_writes_nothing(world: World, cartage: Cartage) -> None:
    world.stock("MUG-1", qty=17)
    world.go("poll_stock")
    shown = document(cartage("stock", "diff", "--lane", "demo", "--json"))
    assert shown["compared"] == 6
    assert [(entry["sku"], entry["store"], entry["value"]) for entry in shown["differences"]] == [
        ("MUG-1", "20", 17)
    ]
    assert shown["paused_by"] == []
    assert "1 of 6 stocks differ" in cartage("stock", "diff", "--lane", "demo").stdout
    assert len(document(cartage("stock", "diff", "--lane", "demo", "--all", "--json"))["differences"]) == 6
    assert writes(world) == []


def test_a_person_looks_at_a_paused_push_and_approves_it(world: World, cartage: Cartage) -> None:
    world.shop.warehouse.rules.update({"stock_response": "zeros"})
    push(world)
    assert "The breaker would pause this push" in cartage("stock", "diff", "--lane", "demo").stdout
    paused = document(cartage("stock", "show", "--lane", "demo", "--json"))["paused_push"]
    assert (paused["reasons"], len(paused["suspects"]), paused["decision"]) == (["swung", "zeroed"], 6, None)
    assert "6 suspicious stocks" in cartage("stock", "approve", "--lane", "demo", "--by", "Ann").stdout
    assert document(cartage("run", "update_stock", "--lane", "demo", "--json"))["written"] == 6
    assert shown(world, 1) == 0
    [last, *_] = document(cartage("stock", "show", "--lane", "demo", "--json"))["pushes"]
    assert (last["written"], last["refused"], last["unknown"]) == (6, 0, 0)
    assert "no push is paused" in cartage("stock", "show", "--lane", "demo").stdout


def test_a_person_refuses_a_paused_push(world: World, cartage: Cartage) -> None:
    world.shop.warehouse.rules.update({"stock_response": "empty"})
    push(world)
    cartage("stock", "refuse", "--lane", "demo", "--by", "Ann")
    assert "refuse, by Ann" in cartage("stock", "show", "--lane", "demo").stdout
    assert document(cartage("run", "update_stock", "--lane", "demo", "--json"))["paused"] == 1
    cartage("stock", "approve", "--lane", "demo", "--by", " ", code=2)


def test_a_full_push_also_writes_what_is_right_already(world: World, cartage: Cartage) -> None:
    push(world)
    assert document(cartage("run", "update_stock", "--lane", "demo", "--full", "--json"))["written"] == 6
    assert writes(world) == [6]


def test_movements_of_files_are_listed(world: World, cartage: Cartage) -> None:
    world.execute(
        "INSERT INTO inbound_document (account, lane, sha256, part, path, version, size, run_id, state)"
        " VALUES ('files/sftp', 'demo', '0', 'stock', '/out/944.edi', 1, 1, 'r', 'taken')"
    )
    world.execute(
        "INSERT INTO stock_movement (lane, document_id, sku, quantity, kind, reason, reference)"
        " SELECT 'demo', id, 'MUG', 12, 'receipt', 'RE', 'PO-7' FROM inbound_document"
    )
    shown = cartage("stock", "movements", "--lane", "demo").output
    for said in ("MUG", "12", "receipt", "PO-7", "/out/944.edi"):
        assert said in shown
    [row] = document(cartage("stock", "movements", "--lane", "demo", "--json"))
    assert (row["sku"], row["kind"], row["path"]) == ("MUG", "receipt", "/out/944.edi")
