"""The figures of Skipped and Stock are those of store and warehouse.

As in `test_figures`, what the pages should show is counted from the sandboxes' state and journals, and never from the
ledger.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from cartage.dispatch import stage
from tests.contract.conftest import MakeWorld
from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.figures import (
    LANE,
    desk_of,
    in_store,
    moved_by_hand,
    number,
    plain,
    ship_tos,
    stock_in_store,
    table,
)
from tests.contract.inventory.stocked import goods, push
from tests.contract.world import CANCEL, HOLD, NEW, ORDERS_STAGES, STORE_ZONE, World


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of the lanes file."""
    return tmp_path / "lanes.yaml"


# Skipped


def test_skipped_orders_are_counted_by_what_became_of_them_in_the_store(
    make_world: MakeWorld, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = datetime.combine(datetime.now(STORE_ZONE).date() - timedelta(days=1), time(), STORE_ZONE)
    world = make_world(store={"go_live": live.date()})
    for hours in (1, 30, 50):
        world.place_at(live - timedelta(hours=hours))
    [several] = world.place("multi_ship_to")
    singles = world.place("single", 5)
    world.place("unpaid", 2)
    world.place("cart", 2)
    world.execute("UPDATE lane_state SET watched_to = clock_timestamp() - interval '1 day'")
    world.go("import_orders")
    for order_id, status in ((several, CANCEL), (singles[0], HOLD), (singles[1], CANCEL)):
        world.shop.store.edit(order_id, OrderStatusID=status)
    desk = desk_of(world, file, monkeypatch)
    reason = "sold over the counter"
    assert (
        desk.post("order", lane=LANE, id=_id(desk, singles[2]), action="skip", reason=reason).status_code
        == 303
    )
    world.go(*ORDERS_STAGES)

    orders = in_store(world)
    taken = world.references()
    early = [
        order
        for order in orders.values()
        if datetime.fromisoformat(order["OrderDate"]).replace(tzinfo=STORE_ZONE) < live
    ]
    left = [orders[order_id] for order_id, (before, _) in moved_by_hand(world).items() if before == NEW]
    unpaid = [order for order in orders.values() if order["OrderStatusID"] == 11]
    counted = {
        "placed before the go-live day": ship_tos(early),
        "left the import status": ship_tos(left),
        "status Unpaid": ship_tos(unpaid),
        f"by hand, ann: {reason}": 1,
    }
    assert all(counted.values())
    assert ship_tos(left) > len(left)
    total = sum(counted.values())
    # Every address of an order is skipped, or the warehouse has it; carts are no orders.
    carts = [order for order in orders.values() if order["OrderStatusID"] == 7]
    assert total == ship_tos(list(orders.values())) - ship_tos(carts) - len(taken)
    page = desk.get("skipped", lane=LANE).text
    shown = {why: number(many) for why, many, _ in table(page, "<caption>Reasons")}
    assert {
        next(known for known in counted if why.startswith(known)): many for why, many in shown.items()
    } == counted
    assert len(shown) == len(counted)
    assert f"Reasons, of the newest {total} orders" in page
    assert len(table(page, "<h2>Orders</h2>")) == total
    assert f"Skipped in all: {total}" in desk.text("home", lane=LANE)
    assert f"{total} orders match" in desk.text("orders", lane=LANE, state="skipped")


def _id(desk: DeskClient, order_id: int) -> int:
    """Return the id under which the desk has an order: a search for its number leads to it."""
    found = desk.get("orders", lane=LANE, q=order_id)
    return int(found.url.params["id"])


# Stock


def shelf(world: World) -> set[str]:
    """Return the SKUs that the warehouse has."""
    return {item.sku for item in world.shop.warehouse.state.catalogue.items()}


def pushed(world: World, since: int) -> dict[str, int]:
    """Return what the journal has of a push: stocks that were set, refused, or written without a response."""
    journal = world.shop.store.journal
    calls = [call for call in journal.entries("request", since) if call["method"] == "PUT"]
    assert calls
    lost = sum(len(call["detail"]) for call in calls if call["status"] is None)
    asked = sum(len(call["detail"]) for call in calls)
    written = len(journal.entries("stock.set", since))
    return {"Written": written - lost, "Refused": asked - written, "Unknown": lost}


def last_pushes(desk: DeskClient) -> list[dict[str, int]]:
    """Return the last pushes, the newest first."""
    columns = ("Compared", "Written", "Refused", "Unknown")
    rows = table(desk.get("stock", lane=LANE).text, "<h2>Last pushes</h2>")
    return [dict(zip(columns, map(int, row[1:5]), strict=True)) for row in rows]


def test_a_push_shows_what_the_store_has_set_refused_and_left_unanswered(
    make_world: MakeWorld, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(inventory={})
    ids = goods(world, {f"MUG-{place}": 20 for place in range(20)}, in_store=20)
    goods_of_the_store_alone = {"SKU": "BOOK", "Name": "BOOK", "Stock": 4}
    with world.shop.store.state.lock:
        world.shop.store.state.stock([{"SKUInfo": goods_of_the_store_alone}])
    compared = len(stock_in_store(world).keys() & shelf(world))
    assert compared < len(stock_in_store(world))
    marks = []

    for place in range(3):
        world.stock(f"MUG-{place}", qty=15)
    marks.append(world.shop.store.journal.last_seq)
    push(world)
    figures = [pushed(world, marks[-1])]

    world.stock("MUG-3", qty=16)
    world.store_fault("PUT .*/Products$", "close", "after")
    marks.append(world.shop.store.journal.last_seq)
    push(world)
    figures.append(pushed(world, marks[-1]))

    # A product that the shop deletes while the push is under way.
    for place in (4, 5):
        world.stock(f"MUG-{place}", qty=17)
    world.go("poll_stock")
    context = world.context("update_stock")
    pages = list(context.store.products())
    with world.shop.store.state.lock:
        world.shop.store.state.goods.remove(ids["MUG-5"])
    monkeypatch.setattr(context.store, "products", lambda: iter(pages))
    marks.append(world.shop.store.journal.last_seq)
    stage("update_stock")(context)
    context.close()
    figures.append(pushed(world, marks[-1]))

    assert all(any(figure[name] for figure in figures) for name in ("Written", "Refused", "Unknown"))
    desk = desk_of(world, file, monkeypatch)
    assert last_pushes(desk) == [{"Compared": compared, **figure} for figure in reversed(figures)]
    assert f"The figures in use: {len(shelf(world))} SKUs" in desk.text("stock", lane=LANE)
    assert "No push is paused" in desk.text("stock", lane=LANE)


def test_a_paused_push_shows_what_the_store_has_and_what_the_warehouse_said(
    make_world: MakeWorld, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(inventory={})
    stocks = {f"MUG-{place}": 20 + place for place in range(12)} | {"CUP": 0}
    for sku, units in stocks.items():
        goods(world, {sku: units}, in_store=units)
    world.shop.warehouse.rules.update({"stock_response": "zeros"})
    push(world)
    before = stock_in_store(world)
    in_stock = {sku: units for sku, units in before.items() if units}
    assert 0 < len(in_stock) < len(before)
    share = f"{len(in_stock)} of {len(before)} stocks"
    assert world.shop.store.journal.entries("stock.set") == []

    desk = desk_of(world, file, monkeypatch)
    page = desk.get("stock", lane=LANE).text
    assert f"The push is paused: {share} would change by much; {share} would go to 0" in plain(page)
    assert f"Suspicious figures: {len(in_stock)} of {len(before)}, the largest changes first" in page
    rows = table(page, "<h3>Suspicious figures")
    assert {row[0]: (int(row[3]), int(row[4]), int(row[5])) for row in rows} == {
        sku: (units, 0, -units) for sku, units in in_stock.items()
    }
    assert [int(row[3]) for row in rows] == sorted(in_stock.values(), reverse=True)
    assert "stock 1" in desk.text("home", lane=LANE)
    assert last_pushes(desk) == [{"Compared": len(before), "Written": 0, "Refused": 0, "Unknown": 0}]

    hidden = dict(re.findall(r'name="(id|revision|before)" value="([^"]*)"', page))
    assert desk.post("stock", lane=LANE, choice="approve", **hidden).status_code == 303
    since = world.shop.store.journal.last_seq
    push(world)
    assert last_pushes(desk)[0] == {"Compared": len(before), **pushed(world, since)}
    assert pushed(world, since)["Written"] == len(in_stock)
    assert "No push is paused" in desk.text("stock", lane=LANE)
    assert [row[1] for row in table(desk.get("stock", lane=LANE).text, "<h2>Paused pushes so far</h2>")] == [
        "pushed as approved",
        "approved",
        f"paused: {share} would change by much; {share} would go to 0",
    ]
