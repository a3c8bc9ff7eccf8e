"""The figures of the desk's first pages, compared with what the store and the warehouse themselves have journaled.

Nothing here reads the ledger but the views under test: the sandboxes say what happened, order by order.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time

import pytest

from cartage.model.states import State
from cartage.operations.activity.repo import EVENT, Wanted, read_activity
from cartage.operations.attention.entries import AttentionKind
from cartage.operations.attention.repo import read_entries
from cartage.operations.views.lanes import LaneLine, lane_lines
from cartage.operations.views.overview import Hour, last_day
from cartage.operations.views.way import Step, orders_way
from tests.contract.conftest import MakeWorld
from tests.contract.world import NEW, ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, SHIPPED, STORE_ZONE, World

UNMAPPED = "Ground (5-7 days)"


@pytest.fixture
def day(make_world: MakeWorld) -> World:
    """Return a lane after some hours of work: orders that are blocked, sent, shipped, taken back and shipped again."""
    world = make_world()
    sent = world.place("single", 5) + world.place("multi_ship_to", 2)
    world.place("unmapped_method", 3)
    world.go(*ORDERS_STAGES)
    for order_id in sent[:4]:
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    floor = world.shop.warehouse.floor
    # Two are taken back, and one of them ships again.
    for order_id in sent[:2]:
        floor.void(floor.named([world.reference_of(order_id)]), reopen=True)
    world.go(*SHIPMENT_STAGES)
    world.ship(sent[0])
    world.go(*SHIPMENT_STAGES)
    return world


def shown(world: World) -> tuple[LaneLine, dict[str, Step], list[Hour]]:
    midnight = datetime.combine(datetime.now(UTC).astimezone(STORE_ZONE).date(), time(), tzinfo=STORE_ZONE)
    with world.ledger.begin() as connection:
        line = lane_lines(connection, [world.lane], read_entries(connection, ["demo"]))["demo"]
        way = orders_way(connection, line, midnight)
        return line, {step.name: step for step in way}, last_day(connection, "demo")


def closed_at_the_warehouse(world: World) -> set[str]:
    """Return the references that are shipped by the warehouse's journal, entry by entry."""
    closed: set[str] = set()
    for entry in world.shop.warehouse.journal.entries():
        if entry["kind"] == "order.shipped":
            closed.add(entry["key"])
        elif entry["kind"] == "order.voided" and entry["detail"]["reopened"]:
            closed.discard(entry["key"])
    return closed


def statuses_in_the_store(world: World) -> Counter[int]:
    return Counter(row["OrderStatusID"] for row in world.shop.store.overview(("OrderID", "OrderStatusID")))


def ship_to_groups(world: World) -> int:
    """Return how many groups the store's orders have that ship to an address of their own."""
    ids = [row["OrderID"] for row in world.shop.store.overview(("OrderID",))]
    return sum(len(world.shop.store.order(order_id)["ShipmentList"]) for order_id in ids)


def test_orders_by_state_are_those_of_store_and_warehouse(day: World) -> None:
    line, _, _ = shown(day)
    accepted, closed = set(day.references()), closed_at_the_warehouse(day)
    assert len(accepted) > len(closed) > 0
    assert line.count(State.ACKNOWLEDGED, State.PARTIALLY_SHIPPED) == len(accepted - closed)
    assert line.count(State.BLOCKED) == statuses_in_the_store(day)[NEW] == 3
    assert line.orders.total() == ship_to_groups(day) - len(closed), "each order counts once"


def test_today_is_what_the_store_took_and_the_warehouse_shipped(day: World) -> None:
    line, _, _ = shown(day)
    assert line.came.today == ship_to_groups(day)
    assert line.went.today == len(closed_at_the_warehouse(day))


def test_the_last_day_counts_an_order_once_that_was_taken_back(day: World) -> None:
    _, _, hours = shown(day)
    shipped = day.shop.warehouse.journal.count_by_key("order.shipped")
    assert max(shipped.values()) == 2, "one shipped twice"
    assert sum(hour.sent for hour in hours) == len(day.references())
    assert sum(hour.shipped for hour in hours) == len(closed_at_the_warehouse(day)) < sum(shipped.values())


def test_the_way_ends_where_the_store_says_shipped(day: World) -> None:
    _, way, _ = shown(day)
    assert way["At the warehouse"].orders == len(set(day.references()) - closed_at_the_warehouse(day))
    assert (way["Shipped"].orders, way["Ready"].orders, way["Imported"].orders) == (0, 0, 0)
    assert way["Posted"].orders == len(closed_at_the_warehouse(day))
    assert [(aside.words, aside.orders) for aside in way["Imported"].asides] == [("blocked", 3)]
    store = statuses_in_the_store(day)
    assert store[SHIPPED] + store[PROCESSING] + store[NEW] == store.total() == 10


def test_what_is_shipped_and_not_posted_waits_at_its_step(day: World) -> None:
    open_orders = sorted(set(day.references()) - closed_at_the_warehouse(day))
    floor = day.shop.warehouse.floor
    floor.ship(floor.named(open_orders[:2]))
    before = statuses_in_the_store(day)[SHIPPED]
    day.go("poll_tracking")
    _, way, _ = shown(day)
    assert statuses_in_the_store(day)[SHIPPED] == before
    assert way["Shipped"].orders == 2


def test_what_needs_attention_is_what_the_store_still_has(day: World) -> None:
    with day.ledger.begin() as connection:
        [cause] = [entry for entry in read_entries(connection, ["demo"]) if entry.kind is AttentionKind.CAUSE]
    rows = day.shop.store.overview(("OrderID", "OrderStatusID"))
    waiting = [row["OrderID"] for row in rows if row["OrderStatusID"] == NEW]
    methods = {
        day.shop.store.order(order_id)["ShipmentList"][0]["ShipmentMethodName"] for order_id in waiting
    }
    assert cause.orders == len(waiting)
    assert methods == {UNMAPPED}


def test_activity_has_every_order_that_reached_or_left_the_warehouse(day: World) -> None:
    now = datetime.now(UTC)
    with day.ledger.begin() as connection:
        found = read_activity(
            connection,
            Wanted([("demo", datetime(2020, 1, 1, tzinfo=UTC), now)]),
            size=10_000,
        )
    events = [happening for happening in found.happenings if happening.source == EVENT]
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)
    accepted = Counter(
        event.reference
        for event in events
        if event.to_state == State.ACKNOWLEDGED and event.from_state == State.SENDING
    )
    assert accepted == day.references()
    shipped = Counter(event.reference for event in events if event.to_state == State.SHIPPED)
    assert shipped == day.shop.warehouse.journal.count_by_key("order.shipped")
