"""The exact calls of a cycle: each order is read three times in list pages, and by its id only if no list shows it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.world import NEW, ORDERS_STAGES, PROCESSING, SHIPMENT_STAGES, SHIPPED, World

ORDERS = 310  # two list pages, four bulk writes, two batches of tracking

Call = tuple[str, str]


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane without a change watch, that has shipped orders before: it has learned the traits of its store."""
    world = make_world(schedules={"watch_every": "never"})
    cycle(world, place(world, 12, hours_ago=20))
    return world


def place(world: World, count: int, hours_ago: int = 6) -> list[int]:
    start = datetime.now(UTC) - timedelta(hours=hours_ago)
    return [world.place_at(start + number * timedelta(seconds=5)) for number in range(count)]


def cycle(world: World, ids: list[int]) -> None:
    world.go(*ORDERS_STAGES)
    for order_id in ids:
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert {world.store_status(order_id) for order_id in ids} == {SHIPPED}


def calls_since(world: World, before: int) -> Counter[Call]:
    """Count calls besides tracking writes by method, and by the status that a list is of, the id, or that it writes."""
    counted: Counter[Call] = Counter()
    for call in world.calls()[before:]:
        url = urlsplit(call["path"])
        last = url.path.rpartition("/")[2]
        if last != "Orders":
            what = "tracking" if "/Shipments/" in url.path else "by id"
        elif call["method"] == "PUT":
            what = "bulk"
        else:
            what = parse_qs(url.query).get("orderstatus", ["any"])[0]
        counted[call["method"], what] += 1
    return counted


def test_each_order_is_read_three_times_in_pages_and_once_more_after_its_tracking(world: World) -> None:
    ids = place(world, ORDERS)
    before = len(world.calls())
    cycle(world, ids)
    assert calls_since(world, before) == {
        ("GET", str(NEW)): 2,  # the sweep
        ("PUT", "bulk"): 4,
        # Two pages read Processing back; each batch of tracking is read with one page before it is written.
        ("GET", str(PROCESSING)): 2 + 2,
        ("PUT", "tracking"): ORDERS,
        ("GET", "any"): 2,  # the tracking is read back
    }


def test_only_orders_that_no_list_shows_are_read_by_id(world: World) -> None:
    ids = place(world, 12)
    world.go(*ORDERS_STAGES[:4])
    for order_id in ids[:2]:
        world.execute(
            "UPDATE sales_order SET ordered_at = ordered_at - interval '40 days' WHERE order_id = :id",
            id=order_id,
        )
    before = len(world.calls())
    assert world.go("mark_processing")["mark_processing"]["verified"] == len(ids)
    assert calls_since(world, before) == {
        ("PUT", "bulk"): 1,
        # The list of Processing, then that of any status, for the days on which the ledger has these orders.
        ("GET", str(PROCESSING)): 2,
        ("GET", "any"): 1,
        ("GET", "by id"): 2,
    }
