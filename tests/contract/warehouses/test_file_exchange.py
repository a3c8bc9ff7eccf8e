"""What is specific to a file exchange: evidence in folders, rejected order files, SKUs known by inventory files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import MalformedResponse, NotFound, NotSupported
from cartage.errors.problems import ProblemKind
from cartage.warehouses.contract import ShipmentPage, StockPage
from cartage.warehouses.differences import content_differences
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import DocumentPart, OutboundDocument, Withdrawal
from cartage_sandbox.kernel import Fault
from tests.contract.warehouses.files_harness import FilesHarness, X12Harness
from tests.contract.warehouses.warehouse_suite import AT, REFERENCE, SKUS, order, poll, send, shipments

Opened = tuple[DocumentWarehouse, FilesHarness]
Open = Callable[..., Opened]
TAKEN = {"taken_orders": "/in/archive"}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Build a warehouse with its own rules, and the connector on it with its own settings."""
    with ExitStack() as stack:

        def build(kind: type[FilesHarness] = FilesHarness, *, rules: Any = None, **settings: Any) -> Opened:
            harness = stack.enter_context(kind(tmp_path, **(rules or {})))
            harness.seed(SKUS)
            return stack.enter_context(closing(harness.open(**settings))), harness

        yield build


def put_away(warehouse: DocumentWarehouse) -> None:
    """Let every file of the warehouse be taken in."""
    for page in [*poll(warehouse), *warehouse.inventory()]:
        assert isinstance(page, ShipmentPage | StockPage)
        warehouse.acknowledge(page)


# Evidence


@pytest.mark.parametrize("kind", [FilesHarness, X12Harness])
def test_an_order_is_found_with_its_content_until_the_warehouse_takes_its_file(
    opened: Open, kind: type[FilesHarness]
) -> None:
    warehouse, harness = opened(kind)
    send(warehouse, order())
    [found] = warehouse.find(REFERENCE)
    assert (found.reference, found.remote_id) == (REFERENCE, REFERENCE)
    assert content_differences(order(), [found]) == []
    assert warehouse.get(REFERENCE) == found
    harness.take()
    assert warehouse.find(REFERENCE) == []
    with pytest.raises(NotFound):
        warehouse.get(REFERENCE)


@pytest.mark.parametrize("kind", [FilesHarness, X12Harness])
def test_an_order_is_found_where_the_warehouse_keeps_the_files_that_it_took(
    opened: Open, kind: type[FilesHarness]
) -> None:
    warehouse, harness = opened(kind, **TAKEN)
    for reference in ("A3_1_0", "A3_2_0"):
        send(warehouse, order(reference))
    harness.take()
    assert harness.names("in") == []
    found = dict(warehouse.find_many(["A3_1_0", "A3_2_0", "A3_3_0", "A3_1"]))
    assert {reference: len(orders) for reference, orders in found.items()} == {
        "A3_1_0": 1,
        "A3_2_0": 1,
        "A3_3_0": 0,
        "A3_1": 0,
    }


def test_each_file_is_read_once(opened: Open) -> None:
    warehouse, harness = opened(**TAKEN)
    send(warehouse, order())
    for _ in range(3):
        assert len(warehouse.find(REFERENCE)) == 1
    opens = [entry for entry in harness.warehouse.journal.entries("request") if entry["method"] == "OPEN"]
    assert len(opens) == 2  # written once, read once


def test_an_order_that_an_unreadable_file_may_have_is_neither_there_nor_absent(opened: Open) -> None:
    warehouse, harness = opened()
    (harness.folder("in") / "copy.csv").write_text(f'"PH","{REFERENCE}"')
    assert dict(warehouse.find_many([REFERENCE, "A3_9_0"])) == {"A3_9_0": []}
    with pytest.raises(MalformedResponse, match="cannot be read"):
        warehouse.find(REFERENCE)


def test_a_folder_that_may_be_written_and_not_listed_shows_nothing(opened: Open) -> None:
    warehouse, harness = opened()
    harness.warehouse.faults.add(Fault("^LIST /in$", "status", status=403, nth=0))
    send(warehouse, order())
    assert warehouse.find(REFERENCE) == []
    assert poll(warehouse) == []
    harness.take()
    assert harness.made(REFERENCE) == 1


def test_a_missing_folder_is_an_error_and_no_evidence(opened: Open) -> None:
    warehouse, harness = opened(**TAKEN)
    (harness.folder("in") / "archive").rmdir()
    with pytest.raises(NotFound):
        warehouse.find(REFERENCE)


# Rejected order files


def test_a_file_that_the_warehouse_could_not_take_rejects_its_orders(opened: Open) -> None:
    warehouse, harness = opened()
    document = warehouse.write_document([order()], 7, AT)
    warehouse.stage(document)
    warehouse.publish(document)
    folder = harness.folder("in")
    (folder / document.name).rename(folder / f"{document.name}_rejected")
    assert warehouse.find(REFERENCE) == []
    [page] = poll(warehouse)
    [rejected] = page.rejected
    assert rejected.reference == REFERENCE
    assert f"{document.name}_rejected" in rejected.reason
    warehouse.acknowledge(page)
    assert (poll(warehouse), harness.names("in")) == ([], [])
    assert harness.names("archive") == [f"{document.name}_rejected"]


def test_a_rejected_file_that_is_none_of_ours_waits_for_a_person(opened: Open) -> None:
    warehouse, harness = opened()
    (harness.folder("in") / "theirs.csv_rejected").write_bytes(b"a;b\n")
    [page] = poll(warehouse)
    assert page.document is not None
    assert [text.content for text in page.quarantined] == [b"a;b\n"]
    released = list(warehouse.read_document(page.document, DocumentPart.ORDERS, released=True))
    assert len(released) == 1
    assert list(warehouse.read_document(page.document, DocumentPart.STOCK)) == []


# Files of the warehouse


def test_a_file_that_grows_is_read_once_it_stands_still(opened: Open) -> None:
    """By its own time, or because an earlier poll saw the same: the cursor has it."""
    warehouse, harness = opened(settle="1h")
    harness.accept(REFERENCE)
    [waiting] = poll(warehouse)
    assert (waiting.document, waiting.accepted) == (None, ())
    assert waiting.cursor
    assert poll(warehouse, waiting.cursor) == []
    now = harness.warehouse.clock.now() + timedelta(hours=2)
    warehouse._inbox._now = lambda: now  # type: ignore[attr-defined] # two hours later
    pages = poll(warehouse, waiting.cursor)
    assert [row.reference for page in pages for row in page.accepted] == [REFERENCE]
    assert pages[-1].cursor == ""


def test_a_file_that_is_too_large_is_named_and_others_are_read(opened: Open) -> None:
    warehouse, harness = opened(largest_file=500)
    harness.put("shp_1.csv", b"x" * 501)
    harness.accept(REFERENCE)
    pages = poll(warehouse)
    assert [row.name for page in pages for row in page.unreadable] == ["shp_1.csv"]
    assert [row.reference for page in pages for row in page.accepted] == [REFERENCE]


def test_a_run_reads_so_many_files_and_the_oldest_first(opened: Open) -> None:
    warehouse, harness = opened(files_per_run=2)
    for number in range(5):
        harness.accept(f"A3_{number}_0")
    seen = []
    for _ in range(3):
        pages = poll(warehouse)
        seen.append([row.reference for page in pages for row in page.accepted])
        for page in pages:
            warehouse.acknowledge(page)
    assert seen == [["A3_0_0", "A3_1_0"], ["A3_2_0", "A3_3_0"], ["A3_4_0"]]


def test_files_about_stock_do_not_keep_shipments_waiting(opened: Open) -> None:
    """An X12 file's name does not say what is in it."""
    warehouse, harness = opened(X12Harness, files_per_run=2)
    for _ in range(5):
        harness.write_stock({SKUS[0]: 1})
    harness.accept(REFERENCE)
    pages = poll(warehouse)
    assert [row.reference for page in pages for row in page.accepted] == [REFERENCE]
    stock = [page for page in pages if page.document and page.document.parts == {DocumentPart.STOCK}]
    assert len(stock) == 5
    assert [page for page in stock if page.items or page.accepted or page.rejected] == []


def test_movements_come_with_the_stock(opened: Open) -> None:
    warehouse, harness = opened(X12Harness)
    with harness.warehouse.premises.lock:
        harness.warehouse.floor.receive(harness.account, {SKUS[0]: 12})
    [page] = warehouse.inventory()
    assert isinstance(page, StockPage)
    assert page.items == ()
    assert [(moved.sku, moved.quantity) for moved in page.movements] == [(SKUS[0], 12)]


def test_a_partner_that_wants_it_gets_a_997_in_its_folder(opened: Open) -> None:
    warehouse, harness = opened(X12Harness, replies_to="/archive")
    send(warehouse, order())
    harness.ship([REFERENCE])
    [page] = [page for page in poll(warehouse) if page.document]
    assert page.document is not None
    assert page.document.wants_reply
    reply = warehouse.reply(page.document, 8, AT)
    assert isinstance(reply, OutboundDocument)
    warehouse.stage(reply)
    assert warehouse.withdraw(reply) is Withdrawal.WITHDRAWN
    again = replace(reply, attempt=2)
    warehouse.stage(again)
    warehouse.publish(again)
    assert harness.names("archive") == [reply.name]


# SKUs and levels by the latest files


def test_skus_are_those_of_the_latest_full_file_and_of_what_came_after(opened: Open) -> None:
    warehouse, harness = opened(known_skus="inventory", **TAKEN)
    assert warehouse.capabilities.catalogue
    harness.write_stock({"OLD": 1})
    put_away(warehouse)
    _age(harness, days=2)
    harness.write_stock({SKUS[0]: 5, SKUS[1]: 0})
    assert [item.sku for page in warehouse.items() for item in page.items] == list(SKUS)
    put_away(warehouse)
    assert [item.sku for page in warehouse.items() for item in page.items] == list(SKUS)
    asked = [item.sku for page in warehouse.items(["mug-red", "NO-SUCH"]) for item in page.items]
    assert asked == ["MUG-RED"]
    levels = [level for page in warehouse.inventory(["mug-red", "OLD"]) for level in page.items]
    assert [(level.sku, level.available) for level in levels] == [("MUG-RED", Decimal(5))]


def test_without_any_full_file_no_sku_is_called_unknown(opened: Open) -> None:
    warehouse, _ = opened(known_skus="inventory")
    with pytest.raises(NotSupported, match="no full inventory file yet"):
        list(warehouse.items())


def test_levels_of_named_skus_are_read_wherever_the_files_lie(opened: Open) -> None:
    warehouse, harness = opened()
    harness.write_stock({SKUS[0]: 5, SKUS[1]: 7})
    put_away(warehouse)
    assert list(warehouse.inventory()) == []
    [page] = warehouse.inventory([SKUS[1]])
    assert [(level.sku, level.available) for level in page.items] == [(SKUS[1], Decimal(7))]
    assert [level for page in warehouse.inventory([]) for level in page.items] == []


# What people see


def test_the_latest_files_are_looked_at(opened: Open) -> None:
    warehouse, harness = opened()
    send(warehouse, order())
    harness.ship([REFERENCE])
    harness.put("inv_1_260301123000.csv", b"SKU,Qty\r\nMUG-RED,x\r\nTEA-100G,2\r\n")
    found = {item.thing: item for item in warehouse.inspect()}
    assert "1 shipment" in found["latest files about orders"].text
    stock = found["latest inventory files"]
    assert stock.warns
    assert "inv_1_260301123000.csv: 1 SKU" in stock.text
    assert "cartage files read" in stock.fix
    assert [item.thing for item in found.values() if item.ok is False] == []


def test_a_folder_that_is_not_there_is_named(opened: Open) -> None:
    warehouse, _ = opened(read_from="/nowhere")
    check = warehouse.check()
    assert not check.ok
    assert "folder /nowhere: it is not there" in check.text
    wrong = [item.thing for item in warehouse.inspect() if item.ok is False]
    assert wrong == ["folder /nowhere"]


def test_another_host_key_is_a_finding_with_its_fingerprint(opened: Open) -> None:
    _, harness = opened()
    connection = harness.connection()
    harness.warehouse.sftp.change_host_key()
    with closing(harness._opened(connection, {})) as warehouse:
        [found] = warehouse.inspect()
        assert found.ok is False
        assert "SHA256:" in found.text + found.fix
        assert not warehouse.check().ok


def test_what_is_shown_is_the_file_as_it_would_be_written(opened: Open) -> None:
    warehouse, _ = opened()
    shown = warehouse.payload(order())
    assert shown["file"].startswith(f"ord_{REFERENCE}_")
    assert shown["content"].splitlines()[0].startswith(f'"PH","{REFERENCE}","AB-1000"')
    assert not shown["content"].startswith("\ufeff")


def test_what_no_order_may_lack_is_a_problem_whatever_the_profile_needs(opened: Open) -> None:
    warehouse, _ = opened()
    request = order(ship_to=replace(order().ship_to, zip_code=""))
    assert [problem.kind for problem in warehouse.validate(request)] == [ProblemKind.ADDRESS_INCOMPLETE]


@pytest.mark.parametrize("kind", [FilesHarness, X12Harness])
def test_a_shipment_in_parts_is_followed_to_its_end(opened: Open, kind: type[FilesHarness]) -> None:
    warehouse, harness = opened(kind)
    send(warehouse, order(quantity=4))
    harness.take()
    keys: set[str] = set()
    for quantities in ({SKUS[0]: 1}, {SKUS[0]: 3, SKUS[1]: 1}):
        harness.ship_some([REFERENCE], quantities)
        pages = poll(warehouse)
        keys |= {shipment.key for shipment in shipments(pages)}
        for page in pages:
            warehouse.acknowledge(page)
    assert len(keys) == 2


def _age(harness: FilesHarness, *, days: int) -> None:
    """Let every file in the archive be older."""
    for path in harness.folder("archive").iterdir():
        at = path.stat().st_mtime - timedelta(days=days).total_seconds()
        os.utime(path, (at, at))
