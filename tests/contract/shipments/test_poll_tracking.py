"""Tracking: each shipment is stored once, and moves its order."""

from __future__ import annotations

from dataclasses import replace

from cartage.dispatch import stage
from cartage.model.documents import request_from
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World


def sent(world: World, kind: str = "single", count: int = 1) -> list[int]:
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES)
    assert set(world.states()) == {"acknowledged"}
    return ids


def poll(world: World) -> dict[str, int]:
    return world.go("poll_tracking")["poll_tracking"]


def test_a_shipped_order_is_shipped_with_its_packages(world: World) -> None:
    first, second = sent(world, count=2)
    [number] = world.ship(first)
    counts = poll(world)
    assert (counts["shipments"], counts["packages"], counts["shipped"]) == (1, 1, 1)
    assert (world.state_of(first), world.state_of(second)) == (["shipped"], ["acknowledged"])
    assert [row.tracking for row in world.rows("SELECT tracking FROM package")] == [number]


def test_a_repeated_poll_stores_nothing_twice(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    poll(world)
    before = world.rows("SELECT count(*) AS n FROM event")
    for _ in range(2):
        counts = poll(world)
        assert (counts["shipments"], counts["packages"], counts["shipped"]) == (0, 0, 0)
    assert len(world.rows("SELECT FROM package")) == 1
    assert world.rows("SELECT count(*) AS n FROM event") == before


def test_an_order_that_ships_in_two_packages_has_both(world: World) -> None:
    [order_id] = sent(world, "multi_line")
    numbers = world.ship(order_id, packages=2)
    assert len(numbers) == 2
    assert poll(world)["packages"] == 2
    assert [row.tracking for row in world.rows("SELECT tracking FROM package ORDER BY position")] == numbers


def test_a_packed_order_has_not_shipped_before_it_is_confirmed(world: World) -> None:
    [order_id] = sent(world)
    floor = world.shop.warehouse.floor
    floor.ship(floor.named([world.reference_of(order_id)]), confirm=False)
    poll(world)
    assert world.state_of(order_id) == ["acknowledged"]


def test_split_children_are_parts_of_their_order(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"split_share": 1.0})
    [order_id] = sent(world, "multi_line")
    floor = world.shop.warehouse.floor
    first, *others = list(world.shop.warehouse.state.book)
    assert others
    floor.ship([first])
    poll(world)
    assert world.state_of(order_id) == ["partially_shipped"]
    floor.ship(others)
    poll(world)
    assert world.state_of(order_id) == ["shipped"]


def test_a_shipment_that_matches_no_order_is_kept(world: World) -> None:
    [order_id] = sent(world)
    [row] = world.rows("SELECT request FROM fulfillment_order")
    context = world.context("poll_tracking")
    context.warehouse.submit(replace(request_from(row.request), reference="OTHER_SYSTEM_1"))
    context.close()
    floor = world.shop.warehouse.floor
    floor.ship(floor.named(["OTHER_SYSTEM_1"]))
    counts = poll(world)
    assert (counts["unmatched"], counts["shipped"]) == (1, 0)
    [kept] = world.rows("SELECT fulfillment_order_id, reference FROM shipment")
    assert (kept.fulfillment_order_id, kept.reference) == (None, "OTHER_SYSTEM_1")
    assert poll(world)["unmatched"] == 0
    assert world.state_of(order_id) == ["acknowledged"]


def test_a_shipment_without_packages_ships_its_order(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    next(iter(world.shop.warehouse.state.book)).packages.clear()
    poll(world)
    assert world.state_of(order_id) == ["shipped"]
    assert [row.tracking for row in world.rows("SELECT tracking FROM package")] == [""]


def test_a_stopped_run_keeps_its_cursor_and_skips_nothing(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    context = world.context("poll_tracking")
    context.stop.set()
    stage("poll_tracking")(context)
    context.close()
    assert world.rows("SELECT FROM warehouse_state WHERE shipments_cursor <> ''") == []
    poll(world)
    assert world.state_of(order_id) == ["shipped"]


def test_a_shipment_of_an_order_whose_outcome_is_unknown_is_not_lost(world: World) -> None:
    [order_id] = world.place("single")
    world.go(*ORDERS_STAGES[:2])
    world.warehouse_fault("POST .*/orders$", "reset", "after")
    world.go("settle_outcomes", "transfer_to_warehouse")
    world.ship(order_id)
    poll(world)
    assert world.state_of(order_id) == ["unknown"]
    world.wait_out()
    world.go("settle_outcomes", "transfer_to_warehouse")
    poll(world)
    assert world.state_of(order_id) == ["shipped"]
