"""The cutover of a lane whose warehouse takes files: what its folders do not show, only the old system knows."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cartage.cli.main import app
from cartage_sandbox.files import FileForm
from cartage_sandbox.files.orders import TakenOrder, WantedLine, WantedOrder
from cartage_sandbox.files.shipping import Shipping
from tests.contract.conftest import MakeFileWorld
from tests.contract.cutover.old_system import invoice_of
from tests.contract.file_world import FileWorld
from tests.contract.world import NEW, ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, SHIPPED


@pytest.fixture
def world(make_file_world: MakeFileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileWorld:
    world = make_file_world(FileForm.DSFX)
    settings = {name: value for name, value in world.settings.items() if name != "name"}
    file = tmp_path / "lanes.yaml"
    file.write_text(yaml.safe_dump({"lanes": {"demo": settings}}))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    return world


def old_system_sends(world: FileWorld, order_id: int) -> TakenOrder:
    """Let the warehouse have the order under its invoice number, with an SKU of the old system's own."""
    units = sum(int(line["ItemQuantity"]) for line in world.shop.store.order(order_id)["OrderItemList"])
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    premises = world.files.warehouse.premises
    with premises.lock:
        wanted = WantedOrder(invoice_of(world, order_id), (WantedLine("1", "OLD-SKU", units),))
        order = TakenOrder(f"W{order_id}", wanted, "", premises.clock.now())
        premises.orders[world.files.account.login].append(order)
    return order


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["--quiet", "cutover", "--lane", "demo", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout) if "--json" in arguments else result


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def decide(path: Path, decisions: dict[int, str]) -> None:
    """Write these decisions into the list."""
    rows = [{**row, "decision": decisions[int(row["order_id"])]} for row in listed(path)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def test_the_owner_says_what_the_old_system_sent(world: FileWorld, tmp_path: Path) -> None:
    sent, new = world.place("single", 2)
    there = old_system_sends(world, sent)
    path = tmp_path / "cutover.csv"
    run("--status", str(PROCESSING), "--write", str(path))
    rows = listed(path)
    assert {row["order_id"]: row["decision"] for row in rows} == {str(sent): "keep", str(new): "keep"}
    assert all("its folders do not show it, which proves nothing" in row["why"] for row in rows)
    decide(path, {sent: "adopt", new: "import"})
    done = run("--apply", str(path), "--by", "Ann", "--json")
    assert done == {"kept": 0, "adopted": 1, "imported": 1, "done_already": 0}
    assert world.store_status(new) == NEW
    world.go(*ORDERS_STAGES)
    world.work()
    assert world.copies() == {world.reference_of(new): 1}
    with world.files.warehouse.premises.lock:
        [name] = world.files.warehouse.floor.ship(world.files.account, [there], Shipping())
    assert name in world.names("out")
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(sent) == ["shipped"]
    assert world.tracking(sent) == there.packages[0].tracking
    assert world.store_status(sent) == SHIPPED


def test_an_adopted_order_is_partly_shipped_until_as_many_units_have_shipped(
    world: FileWorld, tmp_path: Path
) -> None:
    [order_id] = world.place("multi_line")
    there = old_system_sends(world, order_id)
    path = tmp_path / "cutover.csv"
    run("--status", str(PROCESSING), "--write", str(path))
    decide(path, {order_id: "adopt"})
    run("--apply", str(path), "--by", "Ann", "--json")
    states = []
    for part in ({"OLD-SKU": 1}, None):
        with world.files.warehouse.premises.lock:
            world.files.warehouse.floor.ship(world.files.account, [there], Shipping(quantities=part))
        world.go(*SHIPMENT_STAGES)
        states += world.state_of(order_id)
    assert states == ["partially_shipped", "shipped"]
