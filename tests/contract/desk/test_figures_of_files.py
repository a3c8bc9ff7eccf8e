"""The figures of Files, and of the stock that comes in them, are those of the warehouse that wrote the files.

As in `test_figures`, what the pages should show is counted from the sandboxes' state and journals, and never from the
ledger.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from cartage_sandbox.files import FileForm
from tests.contract.conftest import MakeFileWorld
from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.figures import LANE, desk_of, plain, table
from tests.contract.file_world import FileWorld
from tests.contract.inventory.stocked import NO_BREAKER, STOCK_STAGES
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES

DAMAGED = "945_999999.x12"
# Cut within its first segments: what is left of it could be believed.
CUTS = tuple(b"ISA*00*          *00*          *ZZ*SANDBOXWMS     *ZZ*" + rest for rest in (b"CART", b"CARTA"))


@dataclass(frozen=True)
class Written:
    """A file that the warehouse wrote: its name, and of its content a digest and the length."""

    name: str
    sha256: str
    size: int


def written(world: FileWorld) -> list[Written]:
    """Return what the warehouse wrote for its customer, each content once, the oldest first."""
    entries = world.files.warehouse.journal.entries("file.written")
    found: dict[str, Written] = {}
    for entry in entries:
        detail = entry["detail"]
        written = Written(PurePosixPath(entry["key"]).name, detail["sha256"], detail["size"])
        found.setdefault(written.sha256, written)
    assert len(found) < len(entries), "a file was written twice"
    return list(found.values())


def put_away(world: FileWorld) -> list[str]:
    """Return the names of the files that were moved out of the warehouse's folder, or removed from it."""
    journal = world.files.warehouse.journal
    paths = [
        *(entry["detail"]["from"] for entry in journal.entries("file.renamed")),
        *(entry["key"] for entry in journal.entries("file.removed")),
    ]
    return [PurePosixPath(path).name for path in paths if "/out/" in path]


@pytest.fixture
def world(make_file_world: MakeFileWorld) -> FileWorld:
    """A lane that has read files of all kinds, one twice, and two damaged ones of one name."""
    world = make_file_world(FileForm.X12, inventory={"breaker": NO_BREAKER})
    ids = world.place("single", 3)
    world.go(*ORDERS_STAGES)
    world.work()
    for order_id in ids[:2]:
        world.ship(order_id)
    with world.files.warehouse.premises.lock:
        shipped, *_ = world.sent("945")
        world.files.warehouse.floor.send_inventory(world.files.account, full=True)
    world.put(DAMAGED, CUTS[0])
    world.go(*SHIPMENT_STAGES)
    world.go(*STOCK_STAGES)
    # The same file again, and under its name of before another one that is damaged as well.
    with world.files.warehouse.premises.lock:
        world.files.warehouse.tray.resend(world.files.account, shipped)
    world.put(DAMAGED, CUTS[1])
    world.go(*SHIPMENT_STAGES)
    world.work()
    return world


@pytest.fixture
def desk(world: FileWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    return desk_of(world, tmp_path / "lanes.yaml", monkeypatch)


def test_each_file_that_the_warehouse_wrote_is_listed_once(desk: DeskClient, world: FileWorld) -> None:
    page = desk.get("files", lane=LANE).text
    rows = table(page, "<h2>Last files</h2>")
    files = written(world)
    assert {file.name[:3] for file in files} == {"997", "945", "846"}
    shown = [(PurePosixPath(path.partition(" ")[0]).name, path) for _, path, *_ in rows]
    assert sorted(name for name, _ in shown) == sorted(file.name for file in files)
    assert sorted(path.partition(" ")[2] for name, path in shown if name == DAMAGED) == ["", "version 2"]
    assert {path.partition(" ")[2] for name, path in shown if name != DAMAGED} == {""}
    assert [state for _, _, _, state, *_ in rows].count("quarantined") == len(CUTS)
    # A file that was written twice was put away twice, and is in the list once.
    away = put_away(world)
    assert len(away) > len(files)
    assert {name for (name, _), row in zip(shown, rows, strict=True) if row[5] != "not yet"} == set(away)
    assert world.names("out") == []
    replies = {row[6].partition(" ")[0] for row in rows} - {""}
    acknowledged = world.files.warehouse.journal.entries("group.acknowledged")
    assert replies == {entry["detail"]["file"] for entry in acknowledged}
    assert replies


def test_files_in_quarantine_have_the_length_and_the_content_that_the_warehouse_wrote(
    desk: DeskClient, world: FileWorld
) -> None:
    page = desk.get("files", lane=LANE).text
    articles = page.split('<article class="cause"')[1:]
    damaged = [file for file in written(world) if file.name == DAMAGED]
    assert len(damaged) == len(articles) == len(CUTS)
    for file, article, content in zip(damaged, articles, CUTS, strict=True):
        assert f"{file.size:,} bytes" in plain(article)
        assert DAMAGED in plain(article)
        found = re.search(r'id="file-(\d+)"', f"<article{article}")
        assert found
        one = desk.get("file", lane=LANE, id=found[1]).text
        assert content.decode() in plain(one.partition("<h2>Content</h2>")[2]).replace("  ", " ") or (
            content.decode() in one
        )
    # All files of a lane are one thing that needs attention.
    assert f"{len(CUTS)} files" in desk.text("attention", lane=LANE, kind="file")
    assert "files 1" in desk.text("home", lane=LANE)


def test_the_stock_and_its_movements_are_those_of_the_warehouse(desk: DeskClient, world: FileWorld) -> None:
    warehouse, account = world.files.warehouse, world.files.account
    stock = warehouse.premises.stock[account.login]
    with warehouse.premises.lock:
        before = dict(stock)
        more, fewer = list(stock)[:2]
        warehouse.floor.receive(account, {more: 12})
        warehouse.floor.adjust(account, {fewer: -3}, "broken")
        moved = {sku: stock[sku] - before[sku] for sku in stock if stock[sku] != before[sku]}
        world.stock("NEW-1", "NEW-2")
        name = warehouse.floor.send_inventory(account, full=True)
    assert len(moved) == 2
    world.go(*STOCK_STAGES)
    page = desk.get("stock", lane=LANE).text
    rows = table(page, "<h2>Movements that the warehouse reported</h2>")
    assert {row[1]: int(row[2]) for row in rows} == moved
    assert len(rows) == len(moved)
    assert {PurePosixPath(row[6]).name for row in rows} == {
        *world.sent("944"),
        *world.sent("947"),
    }
    assert re.search(rf"The figures in use: {len(stock):,} SKUs, from \S*/{re.escape(name)}", plain(page))
