"""`cartage cutover`, `cartage shadow` and `cartage orders payload` before the go-live."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from tests.contract.conftest import MakeWorld
from tests.contract.cutover import old_system
from tests.contract.world import ORDERS_STAGES, PROCESSING, World


def cartage(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["--quiet", *arguments])


def output(*arguments: str) -> Any:
    result = cartage(*arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def world(make_world: MakeWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A lane in shadow that the command line can find."""
    world = make_world(mode="shadow")
    settings = {key: value for key, value in world.settings.items() if key != "name"}
    lanes = tmp_path / "lanes.yaml"
    lanes.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
    return world


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_is_written_edited_tried_and_carried_out(world: World, tmp_path: Path) -> None:
    kept, adopted, imported = world.place("single", 3)
    old_system.sends(world, [kept, adopted])
    path = tmp_path / "cutover.csv"
    assert cartage("cutover", "--lane", "demo", "--write", str(path)).exit_code == 0
    assert [row["decision"] for row in rows(path)] == ["adopt", "adopt", "import"]
    path.write_text(path.read_text(encoding="utf-8-sig").replace("adopt\n", "keep\n", 1))
    apply = ("cutover", "--lane", "demo", "--apply", str(path), "--by", "Ann", "--json")
    wanted = {"kept": 1, "adopted": 1, "imported": 1, "done_already": 0}
    assert output(*apply, "--dry-run") == wanted
    assert world.states() == {}
    assert output(*apply) == wanted
    assert (world.state_of(kept), world.state_of(adopted), world.state_of(imported)) == (
        ["skipped"],
        ["acknowledged"],
        [],
    )
    assert output(*apply)["done_already"] == 2
    assert output("cutover", "--lane", "demo", "--json")[0]["order_id"] == str(imported)


def test_a_status_is_given_by_id_or_label_and_a_wrong_status_is_refused(world: World) -> None:
    [order_id] = world.place("single")
    old_system.sends(world, [order_id])
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    for status in ("2", "in process"):
        [row] = output("cutover", "--lane", "demo", "--status", status, "--json")
        assert (row["order_id"], row["decision"]) == (str(order_id), "adopt")
    wrong = cartage("cutover", "--lane", "demo", "--status", "Procesing")
    assert wrong.exit_code == 2
    assert "no order status labelled" in " ".join(wrong.output.split())


def test_an_invalid_list_is_refused_with_its_bad_rows(world: World, tmp_path: Path) -> None:
    world.place("single")
    path = tmp_path / "cutover.csv"
    cartage("cutover", "--lane", "demo", "--write", str(path))
    path.write_text(path.read_text(encoding="utf-8-sig").replace("import\n", "imoprt\n"))
    refused = cartage("cutover", "--lane", "demo", "--apply", str(path), "--by", "Ann")
    assert refused.exit_code == 1
    assert "row 2, column decision" in refused.output
    assert cartage("cutover", "--lane", "demo", "--apply", str(path)).exit_code == 2


def test_payloads_of_shadow_can_be_compared(world: World, tmp_path: Path) -> None:
    order_id, other = world.place("multi_line", 2)
    world.go(*ORDERS_STAGES)
    world.shop.store.edit(other, OrderStatusID=PROCESSING)
    world.go(*ORDERS_STAGES)
    shown = {
        shown_order["order_id"]: shown_order for shown_order in output("shadow", "--lane", "demo", "--json")
    }
    assert (shown[order_id]["state"], shown[other]["state"]) == ("ready", "skipped")
    path = tmp_path / "shadow.csv"
    assert cartage("shadow", "--lane", "demo", "--csv", str(path)).exit_code == 0
    of_store = {
        line["ItemID"]: line["ItemQuantity"] for line in world.shop.store.order(order_id)["OrderItemList"]
    }
    lines = [row for row in rows(path) if row["order_id"] == str(order_id)]
    assert {row["sku"]: float(row["quantity"]) for row in lines} == of_store
    assert {row["invoice"] for row in lines} == {old_system.invoice_of(world, order_id)}
    assert "in shadow mode" in cartage("shadow", "--lane", "demo").output


def test_a_payload_shows_what_would_be_sent_and_later_what_was_sent(world: World) -> None:
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES[:2])
    reference = world.reference_of(order_id)
    before = output("orders", "payload", "--lane", "demo", reference)
    assert (before["what"], before["payload"]["referenceNum"]) == ("would be sent", reference)
    assert world.shop.warehouse.journal.entries("request") == [] or world.references() == {}
    world.settings["mode"] = "live"
    world.go(*ORDERS_STAGES)
    after = output("orders", "payload", "--lane", "demo", reference)
    assert (after["what"], after["payload"]) == ("sent", before["payload"])
    assert cartage("orders", "payload", "--lane", "demo", "NO_SUCH_1").exit_code == 2
