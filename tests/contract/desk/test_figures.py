"""The figures of the desk's pages are those that store and warehouse recorded themselves, in the sandboxes' journals.

A lane works for a while; then each page is read as a person reads it. What it should show is counted from what the
store was asked and what the warehouse did, and never from the ledger.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from cartage.reports.rollup import refresh_reports
from cartage_sandbox.generate import UNKNOWN_SKUS
from tests.contract.conftest import MakeWorld
from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.figures import LANE, desk_of, in_store, number
from tests.contract.desk.test_home import COLUMNS, step
from tests.contract.inventory.stocked import NO_BREAKER, STOCK_STAGES, goods
from tests.contract.world import ORDERS_STAGES, PARTIAL, PROCESSING, SHIPMENT_STAGES, SHIPPED, World


@dataclass
class Recorded:
    """What the sandboxes recorded of a lane's orders, each by its reference or OrderID."""

    world: World

    @property
    def orders(self) -> dict[int, dict[str, Any]]:
        """Every order that was put into the store, as it is there now, by OrderID."""
        return in_store(self.world)

    @property
    def placed(self) -> list[int]:
        """The OrderIDs of every order that was put into the store."""
        return sorted(self.orders)

    @property
    def taken(self) -> set[str]:
        """References that the warehouse accepted."""
        return set(self.world.shop.warehouse.journal.count_by_key("order.created"))

    @property
    def parts(self) -> dict[str, set[str]]:
        """The parts of each accepted order: itself, unless the warehouse has split it."""
        split = self.world.shop.warehouse.journal.entries("order.split")
        return {reference: {reference} for reference in self.taken} | {
            entry["key"]: set(entry["detail"]["parts"]) for entry in split
        }

    @property
    def left(self) -> set[str]:
        """Parts that have left the warehouse."""
        shipped = self.world.shop.warehouse.journal.entries("order.shipped")
        return {entry["detail"]["reference"] for entry in shipped}

    @property
    def shipped(self) -> set[str]:
        """References of which all parts have left."""
        return {reference for reference, parts in self.parts.items() if parts <= self.left}

    @property
    def partly(self) -> set[str]:
        """References of which a part has left, and not all."""
        return {reference for reference, parts in self.parts.items() if parts & self.left} - self.shipped

    def statuses(self, to: int) -> int:
        """Return how many orders the API has moved to a status."""
        moves = self.world.shop.store.journal.entries("order.status")
        return sum(entry["detail"]["to"] == to and entry["detail"]["by"] == "API" for entry in moves)

    @property
    def tracked(self) -> set[int]:
        """Orders whose shipment shows a tracking number in the store."""
        return {
            order["OrderID"]
            for order in self.orders.values()
            if any(each["ShipmentTrackingCode"].strip() for each in order["ShipmentList"])
        }

    @property
    def unknown_skus(self) -> set[str]:
        """SKUs of the store's orders that the sandbox gave to no warehouse."""
        items = (item["ItemID"] for order in self.orders.values() for item in order["OrderItemList"])
        return set(items) & set(UNKNOWN_SKUS)

    @property
    def edited(self) -> set[str]:
        """Orders that somebody edited in the store."""
        return set(self.world.shop.store.journal.count_by_key("order.edited"))


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane at work: orders are blocked, are at the warehouse, have left it in part, have left it, are posted."""
    world = make_world(inventory={"breaker": NO_BREAKER})
    singles = world.place("single", 6)
    whole, half, whole_in_two = world.place("multi_line", 3)
    world.place("unknown_sku", 2)
    world.go(*ORDERS_STAGES)
    parts = [split(world, order_id) for order_id in (half, whole_in_two)]
    for order_id in (*singles[:2], whole):
        world.ship(order_id)
    for first, *_ in parts:
        world.shop.warehouse.floor.ship([first])
    world.go(*SHIPMENT_STAGES)
    world.shop.warehouse.floor.ship(parts[1])
    world.go(*SHIPMENT_STAGES)
    world.amend(singles[3], shipment={"ShipmentAddress": "1 Other Street"})
    world.execute("UPDATE lane_state SET watched_to = clock_timestamp() - interval '1 day'")
    world.go("import_orders")
    # The store has not heard of this one yet.
    world.ship(singles[2])
    world.go("poll_tracking")
    return world


def split(world: World, order_id: int) -> list[Any]:
    floor = world.shop.warehouse.floor
    parts = floor.split(floor.named([world.reference_of(order_id)])[0], 2)
    assert len(parts) == 2
    return list(parts)


@pytest.fixture
def recorded(world: World) -> Recorded:
    found = Recorded(world)
    # Each kind of order is there, so that no figure below is equal by being nothing.
    assert (len(found.shipped), len(found.partly), len(found.unknown_skus) > 0, len(found.edited)) == (
        5,
        1,
        True,
        1,
    )
    return found


@pytest.fixture
def desk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    return desk_of(world, tmp_path / "lanes.yaml", monkeypatch)


def line(desk: DeskClient) -> dict[str, str]:
    """Return the lane's row of the table of lanes; a second lane makes the desk show the table."""
    file = Path(os.environ["CARTAGE_LANES_FILE"])
    lanes = yaml.safe_load(file.read_text())
    other = {**lanes["lanes"][LANE], "store": {**lanes["lanes"][LANE]["store"], "connection": "threedcart_x"}}
    lanes["lanes"]["other"] = {**other, "warehouse": {**other["warehouse"], "connection": "extensiv_x"}}
    file.write_text(yaml.safe_dump(lanes))
    desk.lanes = {LANE, "other"}
    rows = desk.get("home", lane="").text.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    for row in rows:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        plain = [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).strip() for cell in cells]
        found = dict(zip(COLUMNS, plain, strict=True))
        if found["Lane"] == LANE:
            return found
    raise AssertionError(f"no row of {LANE}: {rows}")


def test_the_table_of_lanes_counts_what_came_what_went_and_what_waits_where(
    desk: DeskClient, recorded: Recorded
) -> None:
    shown = line(desk)
    blocked = len(recorded.placed) - len(recorded.taken)
    figures = {name: number(shown[name]) for name in COLUMNS[1:8]}
    assert figures == {
        # Each unknown SKU is a cause; all edits after sending are one entry.
        "Needs attention": len(recorded.unknown_skus) + 1,
        "Imported": 0,
        "Blocked": blocked,
        "Held": 0,
        "Ready": 0,
        "Unclear": 0,
        "At the warehouse": len(recorded.taken) - len(recorded.shipped),
    }
    assert number(shown["In today"]) == len(recorded.placed)
    assert number(shown["Out today"]) == len(recorded.shipped)
    # The oldest that waits is a blocked one, and nothing was placed before this test.
    assert re.fullmatch(r"now|\d+ min", shown["Oldest waiting"])
    assert shown["Blocked"].endswith(shown["Oldest waiting"])


def test_the_page_of_a_lane_draws_the_way_that_its_orders_have_gone(
    desk: DeskClient, recorded: Recorded
) -> None:
    desk_page = {"lane": LANE}
    page = desk.get("home", **desk_page).text
    waiting = len(recorded.taken) - len(recorded.shipped) - len(recorded.partly)
    unposted = len(recorded.shipped) - len(recorded.tracked - _orders_of(recorded, recorded.partly))
    way = {name: way_step(desk, name) for name in ("Imported", "At the warehouse", "Shipped", "Posted")}
    assert way["Imported"].startswith("Imported 0 ")
    assert f"{len(recorded.placed) - len(recorded.taken)} blocked" in way["Imported"]
    assert way["At the warehouse"].startswith(f"At the warehouse {waiting} ")
    assert f"{len(recorded.partly)} partially shipped" in way["At the warehouse"]
    assert unposted == 1
    assert way["Shipped"].startswith(f"Shipped {unposted} to be posted")
    assert way["Posted"].startswith(f"Posted {len(recorded.shipped) - unposted} shipped today")
    assert (
        f"{len(recorded.taken)} orders sent and {len(recorded.shipped)} shipped in the last 24 hours" in page
    )
    assert re.search(rf"In today: <strong>{len(recorded.placed)}</strong>", page)
    assert re.search(rf"Out today: <strong>{len(recorded.shipped)}</strong>", page)
    assert f"Shipped in all: {len(recorded.shipped)}" in page
    assert "Cancelled in all: 0" in page
    assert f"none of the last {len(recorded.taken)} transfers" in page


def way_step(desk: DeskClient, name: str) -> str:
    get = desk.get
    try:
        desk.get = lambda page, **query: get(page, **{"lane": LANE, **query})  # type: ignore[method-assign]
        return step(desk, name)
    finally:
        desk.get = get  # type: ignore[method-assign]


def _orders_of(recorded: Recorded, references: set[str]) -> set[int]:
    """Return the OrderIDs of references, which name them between two underscores."""
    return {int(reference.split("_")[1]) for reference in references}


def test_the_queue_counts_causes_and_exceptions(desk: DeskClient, recorded: Recorded) -> None:
    page = desk.get("attention", lane=LANE).text
    tabs = dict(
        re.findall(r'<a href="attention[^"]*"[^>]*>([^<]+?) <span class="count">([\d,]+)</span>', page)
    )
    assert {name: number(count) for name, count in tabs.items()} == {
        "All": len(recorded.unknown_skus) + 1,
        "Blocked": len(recorded.unknown_skus),
        "Exceptions": 1,
    }
    causes = desk.text("attention", lane=LANE, kind="cause")
    wanted = Counter(
        item["ItemID"]
        for order in recorded.orders.values()
        for item in order["OrderItemList"]
        if item["ItemID"] in recorded.unknown_skus
    )
    assert wanted
    for sku, orders in wanted.items():
        assert re.search(rf"{re.escape(sku)}.*? {orders} order", causes), sku
    exceptions = desk.text("attention", lane=LANE, kind="exception")
    assert f"{len(recorded.edited)} order " in exceptions
    [edited] = recorded.edited
    assert str(recorded.world.shop.store.order(int(edited))["InvoiceNumber"]) in exceptions


def test_the_activity_has_an_entry_for_everything_that_store_and_warehouse_recorded(
    desk: DeskClient, recorded: Recorded
) -> None:
    rows = list(csv.DictReader(io.StringIO(desk.get("activity.csv", lane=LANE).text)))
    moved = Counter(row["to"] for row in rows if row["what"] == "moved")
    assert moved["acknowledged"] == len(recorded.taken)
    assert moved["shipped"] == len(recorded.shipped)
    what = Counter(row["what"] for row in rows)
    assert what["imported"] == len(recorded.placed)
    written = sum(recorded.statuses(status) for status in (PROCESSING, PARTIAL, SHIPPED))
    assert what["status posted to the store"] == written > 0
    assert {
        int(row["reference"].split("_")[1]) for row in rows if row["what"] == _TRACKED
    } == recorded.tracked
    assert what["exception opened"] == len(recorded.edited)


_TRACKED = "tracking posted to the store"


def test_the_list_counts_the_orders_of_each_state(desk: DeskClient, recorded: Recorded) -> None:
    counted = {
        "shipped": len(recorded.shipped),
        "partially_shipped": len(recorded.partly),
        "acknowledged": len(recorded.taken) - len(recorded.shipped) - len(recorded.partly),
        "blocked": len(recorded.placed) - len(recorded.taken),
    }
    for state, orders in counted.items():
        shown = desk.text("orders", lane=LANE, state=state)
        assert re.search(rf"\b{orders} orders? match", shown), state
    exported = list(csv.DictReader(io.StringIO(desk.get("orders.csv", lane=LANE).text)))
    assert {int(row["order_id"]) for row in exported} == set(recorded.placed)
    assert {row["reference"] for row in exported if row["state"] == "shipped"} == recorded.shipped
    in_store = recorded.orders
    for row in exported:
        assert float(row["amount"]) == pytest.approx(in_store[int(row["order_id"])]["OrderAmount"])


def test_the_report_counts_what_left_in_parts(desk: DeskClient, world: World, recorded: Recorded) -> None:
    refresh_reports(world.ledger, [world.lane])
    [row] = csv.DictReader(io.StringIO(desk.get("reports.csv", lane=LANE, days=7, table="lanes").text))
    # Of those that have shipped: the warehouse split it, and its parts left between two readings.
    in_parts = {reference for reference in recorded.shipped if len(recorded.parts[reference]) > 1}
    assert (int(row["sent"]), int(row["shipped"])) == (len(recorded.taken), len(recorded.shipped))
    assert int(row["partly"]) == len(in_parts) > 0
    assert int(row["posted"]) == len(recorded.tracked - _orders_of(recorded, recorded.partly))
    days = list(
        csv.DictReader(io.StringIO(desk.get("reports.csv", lane=LANE, days=7, table="throughput").text))
    )
    assert sum(int(day["shipped"]) for day in days) == len(recorded.shipped)
    blocking = list(
        csv.DictReader(io.StringIO(desk.get("reports.csv", lane=LANE, days=7, table="skus").text))
    )
    assert {found["sku"] for found in blocking} == recorded.unknown_skus


def test_the_stock_of_a_task_is_what_the_store_recorded(desk: DeskClient, world: World) -> None:
    goods(world, {"MUG": 12, "CUP": 7, "POT": 3})
    world.go(*STOCK_STAGES, dag_run=f"inventory__{LANE}/manual__1")
    set_there = Counter(
        {
            entry["key"]: int(entry["detail"]["stock"])
            for entry in world.shop.store.journal.entries("stock.set")
        }
    )
    assert len(set_there) >= 3
    shown: dict[str, int] = {}
    [run] = world.rows("SELECT run_id FROM stock_push ORDER BY id DESC LIMIT 1")
    dag_id, _, rest = run.run_id.partition("/")
    address: str | None = f"moved?{urlencode({'dag_id': dag_id, 'run': rest})}"
    while address:
        page = desk.client.get(f"/cartage/{address}").text
        shown |= dict(_stock_rows(page))
        further = re.search(r'href="(\?dag_id=[^"]+)">More<', page)
        address = f"moved{unescape(further[1])}" if further else None
    assert shown == dict(set_there)


def _stock_rows(page: str) -> Iterator[tuple[str, int]]:
    for row in page.split("<tr>")[2:]:
        cells = [
            re.sub(r"<[^>]*>", "", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        yield cells[0], int(cells[3])
