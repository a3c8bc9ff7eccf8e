"""A lane from New to Shipped: every kind of order reaches its expected state, whatever fails on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage.errors import CartageError
from cartage_sandbox.generate import EXPECTED, HEALTHY_MIX
from cartage_sandbox.kernel.faults import Kind, Moment
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED, World

ROUNDS = 12


def fill(world: World, orders: int, mix: dict[str, float] | None = None) -> dict[str, list[int]]:
    now = datetime.now(UTC)
    return world.shop.fill(orders, start=now - timedelta(hours=3), end=now, mix=mix)


def ship_all(world: World) -> None:
    world.shop.warehouse.floor.ship(list(world.shop.warehouse.state.book))


def numbers_by_order(world: World) -> dict[int, set[str]]:
    """Return the tracking numbers that the warehouse assigned, by OrderID."""
    order_of = {
        row.reference: row.order_id for row in world.rows("SELECT reference, order_id FROM fulfillment_order")
    }
    found: dict[int, set[str]] = {}
    for order in world.shop.warehouse.state.book:
        numbers = {package.tracking_number for package in order.packages}
        found.setdefault(order_of[order.accepted_as], set()).update(numbers)
    return found


def numbers_in_store(world: World, order_id: int) -> set[str]:
    shipments = world.shop.store.order(order_id)["ShipmentList"]
    return {
        number for shipment in shipments for number in shipment["ShipmentTrackingCode"].split(", ") if number
    }


def assert_shipped_once(world: World, order_ids: list[int]) -> None:
    assert {world.store_status(order_id_) for order_id_ in order_ids} == {SHIPPED}
    given = numbers_by_order(world)
    assert {order_id_: numbers_in_store(world, order_id_) for order_id_ in order_ids} == {
        order_id_: given[order_id_] for order_id_ in order_ids
    }
    assert set(world.references().values()) == {1}


def test_every_kind_of_order_reaches_its_expected_state(world: World) -> None:
    ids = fill(world, 80)
    world.go(*ORDERS_STAGES)
    ship_all(world)
    world.go(*SHIPMENT_STAGES)
    shippable = [order_id for kind, some in ids.items() if EXPECTED[kind] == "ships" for order_id in some]
    assert_shipped_once(world, shippable)
    assert set(numbers_by_order(world)) == set(shippable)
    blocked = [order_id for kind, some in ids.items() if EXPECTED[kind] == "blocked" for order_id in some]
    known = [order_id for order_id in blocked if world.state_of(order_id)]
    assert [world.state_of(order_id) for order_id in known] == [["blocked"]] * len(known)
    assert set(blocked) - set(known) == set(ids["no_object"])
    assert [world.state_of(id_) for id_ in ids["cart"]] == [[]] * len(ids["cart"])
    assert [world.state_of(id_) for id_ in ids["unpaid"]] == [["skipped"]] * len(ids["unpaid"])


LOSSES: tuple[tuple[Kind, Moment], ...] = (
    ("reset", "after"),
    ("reset", "before"),
    ("truncate", "after"),
    ("close", "after"),
)


@pytest.mark.parametrize("seed", range(3))
def test_every_order_ships_once_whatever_is_lost_on_the_way(world: World, seed: int) -> None:
    ids = [order_id for some in fill(world, 25, dict(HEALTHY_MIX)).values() for order_id in some]
    for number, (kind, moment) in enumerate(LOSSES):
        nth = 2 + 3 * number + seed
        world.warehouse_fault("POST .*/orders$", kind, moment, nth=nth)
        world.warehouse_fault("GET .*/orders", "status", nth=nth, status=503)
        world.store_fault("PUT .*/Orders$", kind, moment, nth=1 + number)
        world.store_fault("PUT .*/Shipments/", kind, moment, nth=nth)
        world.store_fault("GET .*/Orders", kind, moment, nth=nth)
    # A proxy that repeats a request.
    world.warehouse_fault("POST .*/orders$", "duplicate", nth=15 + seed)
    for _ in range(ROUNDS):
        for stages in (ORDERS_STAGES, SHIPMENT_STAGES):
            try:
                world.go(*stages)
            except CartageError:
                continue
        world.wait_out()
        ship_all(world)
    assert_shipped_once(world, ids)
    assert set(world.states()) == {"shipped"}
    assert all(list(codes.values()) == [1] for id_ in ids for codes in world.tracking_written(id_).values())
