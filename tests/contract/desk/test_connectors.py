"""What the desk's pages say about lanes of each connector: numbers, payloads, responses, stock, holds, causes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.conftest import MakeFileWorld
from tests.contract.desk.desk_client import DeskClient
from tests.contract.file_world import FileWorld
from tests.contract.inventory.stocked import NO_BREAKER, goods, shown
from tests.contract.mcf_world import McfWorld, open_mcf_world
from tests.contract.shipbob_world import ShipBobWorld, open_shipbob_world
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, World

PAGES = (
    "home", "attention", "orders", "activity", "mappings", "stock", "files", "skipped", "coverage",
)  # fmt: skip
CONNECTORS = ["shipbob", "mcf", "files"]


@pytest.fixture(params=CONNECTORS)
def world(
    request: pytest.FixtureRequest,
    world_ledger_url: str,
    make_file_world: MakeFileWorld,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """A lane of each connector that is no Extensiv."""
    stock = {"breaker": NO_BREAKER}
    if request.param == "files":
        yield make_file_world(inventory=stock)
        return
    opened: ShipBobWorld | McfWorld
    if request.param == "shipbob":
        opened = open_shipbob_world(world_ledger_url)
        shop: Any = opened.bob
    else:
        opened = open_mcf_world(world_ledger_url)
        shop = opened.account
    for name, value in shop.connections().items():
        monkeypatch.setenv(name, value)
    opened.settings["inventory"] = stock
    opened.settle_in()
    yield opened
    opened.ledger.close()
    shop.__exit__(None, None, None)


@pytest.fixture
def desk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    """The desk of this lane, as an administrator sees it."""
    file = tmp_path / "lanes.yaml"
    lane = world.lane.model_dump(mode="json", exclude_unset=True, exclude={"name"})
    file.write_text(yaml.safe_dump({"lanes": {world.lane.name: lane}}), encoding="utf-8")
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    client = DeskClient(monkeypatch)
    client.lanes = {world.lane.name}
    return client


def shipped_order(world: World) -> Any:
    """Let an order be sent, shipped and posted; return its row."""
    [order_id] = world.place()
    world.go(*ORDERS_STAGES)
    if isinstance(world, FileWorld):
        world.work()
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    [row] = world.rows("SELECT id, order_id, reference, remote_id FROM fulfillment_order")
    return row


def number_at_warehouse(world: World, row: Any) -> str:
    """Return the number by which the warehouse knows an order, where it has one of its own."""
    if isinstance(world, ShipBobWorld):
        [order] = world.held(row.order_id)
        return str(order.id)
    return str(row.reference)


def test_every_page_works_and_names_no_other_vendor(world: World, desk: DeskClient) -> None:
    row = shipped_order(world)
    own = {"shipbob": "ShipBob", "mcf": "Amazon"}.get(world.lane.warehouse.connector, "")
    others = {"Extensiv", "ShipBob", "Amazon"} - {own}
    for page in (*PAGES, "order", "payloads"):
        query = {"id": row.id} if page in ("order", "payloads") else {}
        shown = desk.text(page, lane=world.lane.name, **query)
        assert [name for name in others if name in shown] == [], page


def test_an_order_is_found_by_the_warehouses_number_and_its_page_shows_how_it_left(
    world: World, desk: DeskClient
) -> None:
    row = shipped_order(world)
    number = number_at_warehouse(world, row)
    assert desk.get("orders", lane=world.lane.name, q=number).text.count(f"id={row.id}") >= 1
    page = desk.text("order", lane=world.lane.name, id=row.id)
    [package] = world.rows("SELECT tracking FROM package")
    assert package.tracking in page
    if isinstance(world, FileWorld):
        assert "Warehouse's number none known: it knows the order by the reference" in page
        [document] = world.rows("SELECT name FROM outbound_document")
        assert f"published as {document.name}" in page
    else:
        assert f"Warehouse's number {number}" in page
        assert "Documents Document Number" not in page


def test_payloads_show_what_was_sent_and_what_came_back(world: World, desk: DeskClient) -> None:
    row = shipped_order(world)
    page = desk.text("payloads", lane=world.lane.name, id=row.id)
    assert row.reference in page
    if isinstance(world, FileWorld):
        [document] = world.rows("SELECT name FROM outbound_document")
        assert f"File {document.name}" in page
        home = world.files.warehouse.premises.home(world.files.account.login)
        taken = (home / "in" / "archive" / document.name).read_text(encoding="utf-8")
        assert " ".join(taken.split()) in page, "the page shows the bytes that left"
        assert "A file gets none. What the warehouse says of the order" in page
        assert "HTTP" not in page
    else:
        assert "Response: HTTP 20" in page
        assert "A file gets none" not in page


def test_a_cause_speaks_of_what_this_warehouse_needs(world: World, desk: DeskClient) -> None:
    [unknown] = world.place()
    world.amend(unknown, line={"ItemID": "NO-SUCH-ITEM"})
    world.place("huge_comment")
    world.go(*ORDERS_STAGES)
    page = desk.text("attention", lane=world.lane.name)
    said = {
        "shipbob": (
            "'NO-SUCH-ITEM' is unknown to the warehouse",
            "Notes: longer than 2000",
            "notes_max_length",
        ),
        "mcf": ("'NO-SUCH-ITEM' is unknown to the warehouse", "Notes: longer than 750", "Shorten"),
        # The file goes out: its warehouse says later what it does not know, and its profile has no limit for notes.
        "files": ("Nothing needs attention.",),
    }[world.lane.warehouse.connector]
    assert [text for text in said if text not in page] == []


def test_the_stock_page_shows_the_figures_of_this_warehouse(world: World, desk: DeskClient) -> None:
    [mug] = goods(world, {"MUG": 42}, in_store=1).values()
    if isinstance(world, FileWorld):
        with world.files.warehouse.premises.lock:
            world.files.warehouse.floor.send_inventory(world.files.account, full=True)
    world.go("poll_stock", "update_stock")
    assert shown(world, mug) == 42
    page = desk.text("stock", lane=world.lane.name)
    assert "The figures in use: 1 SKUs" in page
    assert (", from /out/inv" in page) is isinstance(world, FileWorld)


def test_a_held_order_says_why_and_leaves_once_it_is_released(world: World, desk: DeskClient) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    [row] = world.rows("SELECT id FROM fulfillment_order")
    held = desk.post("order", lane=world.lane.name, id=row.id, action="hold", days=3, reason="call the buyer")
    assert held.status_code == 303, held.text
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert world.state_of(order_id) == ["held"]
    assert "call the buyer" in desk.text("attention", lane=world.lane.name)
    desk.post("order", lane=world.lane.name, id=row.id, action="release")
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
