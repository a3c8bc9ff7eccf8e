"""The figures of Differences are counted as store and warehouse differ.

As in `test_figures`, what the page should show is counted from the sandboxes' state and journals, and never from the
ledger.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.figures import (
    LANE,
    desk_of,
    in_store,
    keep_lane,
    moved_by_hand,
    number,
    ship_tos,
    stock_in_store,
)
from tests.contract.inventory.stocked import NO_BREAKER, goods, push
from tests.contract.reconciliation.reconciled import AT_ONCE, compare
from tests.contract.world import HOLD, ORDERS_STAGES, SHIPMENT_STAGES, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane in which much has happened that nobody has told Cartage."""
    world = make_world(inventory={"breaker": NO_BREAKER})
    placed = [*world.place("single", 9), *world.place("multi_ship_to")]
    goods(world, {"POT": 12, "PAN": 7, "LID": 5})
    world.go(*ORDERS_STAGES)
    for order_id in placed[:2]:
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    push(world)
    # The last one is edited in the store, and has left the warehouse as it was before.
    for order_id in (placed[2], placed[3], placed[8]):
        world.ship(order_id)
    for order_id in placed[4:6]:
        world.shop.store.edit(order_id, OrderStatusID=HOLD)
    for order_id in (placed[6], placed[8]):
        world.amend(order_id, line={"ItemQuantity": 77.0})
    now = datetime.now(UTC)
    world.place_at(now)
    world.place_at(now)
    return world


@pytest.fixture
def desk(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    return desk_of(world, tmp_path / "lanes.yaml", monkeypatch)


def unsent(world: World) -> set[int]:
    """Return the orders of which the warehouse has nothing."""
    return in_store(world).keys() - {order_of(reference) for reference in world.references()}


def order_of(reference: str) -> int:
    """Return the OrderID that a reference has between two underscores."""
    return int(reference.split("_")[1])


def unposted(world: World) -> set[str]:
    """Return the references that have left the warehouse, and whose orders have no tracking number in the store."""
    shipped = world.shop.warehouse.journal.count_by_key("order.shipped")
    written = world.shop.store.journal.entries("shipment.written")
    posted = {
        entry["key"].partition("/")[0] for entry in written if entry["detail"].get("ShipmentTrackingCode")
    }
    return {reference for reference in shipped if str(order_of(reference)) not in posted}


def edited(world: World) -> set[int]:
    """Return the orders whose lines somebody has edited in the store."""
    entries = world.shop.store.journal.entries("order.edited")
    return {int(entry["key"]) for entry in entries if "OrderItemList" in entry["detail"]["keys"]}


def miscounted(world: World) -> set[str]:
    """Return the SKUs of which the store shows another stock than was last set through its API."""
    entries = world.shop.store.journal.entries("stock.set")
    last = {entry["key"]: entry["detail"]["stock"] for entry in entries}
    return {sku for sku, stock in stock_in_store(world).items() if stock != last.get(sku, stock)}


def differences(world: World) -> dict[str, int]:
    """Return how many differences there are, by kind."""
    orders = in_store(world)
    counted = Counter(
        not_imported=ship_tos([orders[order_id] for order_id in unsent(world)]),
        status=len(moved_by_hand(world)),
        quantities=len(edited(world)),
        not_posted=len(unposted(world)),
        stock=len(miscounted(world)),
    )
    return {kind: count for kind, count in counted.items() if count}


def differing_orders(world: World) -> set[int]:
    """Return the orders of which anything differs."""
    return unsent(world) | set(moved_by_hand(world)) | edited(world) | set(map(order_of, unposted(world)))


def kinds(desk: DeskClient) -> dict[str, int]:
    """Return how many differences the page counts of each kind."""
    page = desk.get("differences", lane=LANE).text
    found = re.findall(r'<a href="differences\?[^"]*kind=(\w+)[^"]*"[^>]*>[^<]*? ([\d,]+)</a>', page)
    return {kind: number(many) for kind, many in found}


def compared(world: World) -> str:
    """Return the sentence about what was compared."""
    orders = in_store(world)
    read = [order for order_id, order in orders.items() if order_id not in unsent(world)]
    assert ship_tos(read) > len(read)
    return (
        f"{len(orders)} orders of the store, {ship_tos(read)} of the ledger "
        f"and {len(world.shop.warehouse.state.book)} of the warehouse"
    )


def test_an_order_that_is_still_on_its_way_is_counted_once(desk: DeskClient, world: World) -> None:
    compare(world)
    page = desk.text("differences", lane=LANE)
    assert compared(world) in page
    moving = differing_orders(world)
    assert len(moving) < sum(differences(world).values()), "one order differs on both sides"
    assert f"{len(moving)} were still on their way" in page
    assert "No differences" in page


def test_each_difference_is_counted_and_listed_by_its_kind(desk: DeskClient, world: World) -> None:
    world.settings["reconciliation"] = AT_ONCE
    keep_lane(world)
    state = world.shop.store.state
    # A shopkeeper counts by hand.
    with state.lock:
        for sku in ("POT", "PAN"):
            catalog_id = state.goods.with_sku(sku)
            assert catalog_id is not None
            state.goods.add_stock(catalog_id, "", 87)
    compare(world)
    wanted = differences(world)
    assert set(wanted) == {"not_imported", "status", "quantities", "not_posted", "stock"}
    assert kinds(desk) == wanted
    assert compared(world) in desk.text("differences", lane=LANE)
    assert "0 were still on their way" in desk.text("differences", lane=LANE)
    page, total = desk.get("differences", lane=LANE).text, sum(wanted.values())
    assert page.count('<article class="cause"') == total
    assert f"{total} differences open today, at most {total} in the last 30 days" in page
    rows = list(csv.DictReader(io.StringIO(desk.get("differences.csv", lane=LANE).text.lstrip("\ufeff"))))
    assert Counter(row["kind"] for row in rows) == wanted
    assert {row["key"] for row in rows if row["kind"] == "not_posted"} == unposted(world)

    # Shipments and stock are posted, and these differences end by themselves.
    world.go(*SHIPMENT_STAGES)
    push(world)
    compare(world)
    left = differences(world)
    assert left == {kind: count for kind, count in wanted.items() if kind not in {"not_posted", "stock"}}
    assert kinds(desk) == left
    assert f"{sum(left.values())} differences open today" in desk.get("differences", lane=LANE).text
