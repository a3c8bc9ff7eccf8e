"""Bulk writes of tracking: tried on one order, remembered for the store, and no longer used once they fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import poll_and_post
from tests.contract.world import ORDERS_STAGES, SHIPPED, World

BULK = pytest.mark.parametrize("carries", [True, False])
TRAITS = "SELECT trait, holds FROM store_trait ORDER BY trait"


def shipped(world: World, count: int = 12) -> dict[int, str]:
    start = datetime.now(UTC) - timedelta(hours=2)
    ids = [world.place_at(start + number * timedelta(seconds=30)) for number in range(count)]
    world.go(*ORDERS_STAGES)
    return {order_id: world.ship(order_id)[0] for order_id in ids}


def in_store(world: World, orders: dict[int, str]) -> dict[int, str]:
    assert {world.store_status(order) for order in orders} == {SHIPPED}
    return {order: world.tracking(order) for order in orders}


def tracking_calls(world: World) -> tuple[int, int]:
    """Calls that wrote tracking: order by order, and in bulk."""
    bulk = [
        call
        for call in world.calls(method="PUT", path="/Orders")
        if isinstance(call["detail"], list) and any("ShipmentList" in row for row in call["detail"])
    ]
    return len(world.calls(method="PUT", path="/Shipments/")), len(bulk)


@BULK
def test_what_a_store_does_is_tried_on_one_order_and_remembered(make_world: MakeWorld, carries: bool) -> None:
    world = make_world(store_rules={"bulk_nested_shipments": carries})
    orders = shipped(world)
    poll_and_post(world)
    assert in_store(world, orders) == orders
    assert tracking_calls(world) == ((0, 2) if carries else (12, 1))
    assert ("bulk_carries_tracking", carries) in world.rows(TRAITS)
    more = shipped(world)
    poll_and_post(world)
    assert in_store(world, orders | more) == orders | more
    assert tracking_calls(world) == ((0, 3) if carries else (24, 1))
    assert all(list(world.tracking_written(order)["0"].values()) == [1] for order in orders | more)
    assert all(world.statuses_written(order) == {"2": 1, "4": 1} for order in orders | more)


@pytest.mark.parametrize("moves", ["never", "single"])
def test_whether_a_shipment_moves_its_order_is_remembered_and_learned_again(
    make_world: MakeWorld, moves: str
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    orders = shipped(world, 2)
    poll_and_post(world)
    assert in_store(world, orders) == orders
    assert world.rows(TRAITS) == [("shipment_moves_order", moves == "single")]
    world.shop.store.rules.update({"shipment_status_moves_order": "single" if moves == "never" else "never"})
    more = shipped(world, 2)
    poll_and_post(world)
    assert in_store(world, more) == more
    assert world.rows(TRAITS) == [("shipment_moves_order", moves == "never")]


def test_a_store_that_no_longer_carries_bulk_tracking_is_noticed_and_gets_every_number(
    make_world: MakeWorld,
) -> None:
    world = make_world(store_rules={"bulk_nested_shipments": True})
    tell_first = shipped(world)
    poll_and_post(world)
    world.shop.store.rules.update({"bulk_nested_shipments": False})
    orders = shipped(world)
    poll_and_post(world)
    assert ("bulk_carries_tracking", False) in world.rows(TRAITS)
    world.wait_out()
    poll_and_post(world)
    assert in_store(world, tell_first | orders) == tell_first | orders
    assert all(list(world.tracking_written(order)["0"].values()) == [1] for order in orders)


def test_a_run_that_dies_after_a_bulk_write_counts_nothing_as_posted_that_it_did_not_read(
    make_world: MakeWorld,
) -> None:
    world = make_world(store_rules={"bulk_nested_shipments": True})
    first = shipped(world)
    poll_and_post(world)
    orders = shipped(world)
    world.go("poll_tracking")
    with (
        world.trigger("package", "NEW.posted_at IS NOT NULL", "RAISE EXCEPTION 'killed'"),
        pytest.raises(Exception, match="killed"),
    ):
        world.go("update_order_status")
    world.wait_out()
    poll_and_post(world)
    assert in_store(world, first | orders) == first | orders
    assert all(list(world.tracking_written(order)["0"].values()) == [1] for order in orders)
    assert world.seen().packages_posted == len(first) + len(orders)


def test_a_bulk_write_that_changes_more_than_tracking_is_not_used_again(make_world: MakeWorld) -> None:
    world = make_world(store_rules={"bulk_nested_shipments": True})
    orders = shipped(world)
    edits = [{"order_id": min(orders), "changes": {"OrderItemList": []}}]
    intervention = {"route": "PUT .*/Orders$", "nth": 1, "moment": "after", "edits": edits}
    world.go("poll_tracking")
    with world.shop.store.state.lock:
        world.shop.store.interventions.arm(intervention)
    world.go("update_order_status")
    assert ("bulk_carries_tracking", False) in world.rows(TRAITS)
    assert in_store(world, orders) == orders


@BULK
def test_a_lost_bulk_response_is_settled_by_reading(make_world: MakeWorld, carries: bool) -> None:
    world = make_world(store_rules={"bulk_nested_shipments": carries})
    orders = shipped(world)
    world.store_fault("PUT .*/Orders$", "reset", "after", nth=1)
    poll_and_post(world)
    world.wait_out()
    poll_and_post(world)
    assert in_store(world, orders) == orders
    assert all(list(world.tracking_written(order)["0"].values()) == [1] for order in orders)


def test_several_ship_tos_are_written_in_the_same_call(make_world: MakeWorld) -> None:
    world = make_world(store_rules={"bulk_nested_shipments": True})
    tell_first = shipped(world)
    poll_and_post(world)
    assert in_store(world, tell_first) == tell_first
    [order_id] = world.place("multi_ship_to")
    world.go(*ORDERS_STAGES)
    numbers = [world.ship(order_id, place=place)[0] for place in range(len(world.state_of(order_id)))]
    before = len(world.calls(method="PUT"))
    poll_and_post(world)
    assert [world.tracking(order_id, place) for place in range(len(numbers))] == numbers
    assert (world.store_status(order_id), len(world.calls(method="PUT")) - before) == (SHIPPED, 1)
