"""The hold after the label: a package is posted once the carrier has it, or after the hold; a void before is not."""

from __future__ import annotations

from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import at_warehouse, exceptions_by_kind, poll_and_post, sent, void
from tests.contract.world import PARTIAL, PROCESSING, SHIPPED, World


def holding(make_world: MakeWorld, **rules: float) -> World:
    return make_world(post_back={"wait_for_carrier": "4h"}, warehouse_rules=rules)


def hours_pass(world: World, hours: int) -> None:
    world.execute(
        "UPDATE shipment SET shipped_at = shipped_at - CAST(:age AS interval),"
        " first_seen_at = first_seen_at - CAST(:age AS interval)",
        age=f"{hours} hours",
    )


def test_a_package_is_posted_after_the_hold(make_world: MakeWorld) -> None:
    world = holding(make_world)
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    assert poll_and_post(world)["orders"] == 0
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], PROCESSING)
    hours_pass(world, 5)
    poll_and_post(world)
    assert (world.tracking(order_id), world.store_status(order_id)) == (number, SHIPPED)


def test_a_package_is_posted_as_soon_as_the_carrier_has_it(make_world: MakeWorld) -> None:
    world = holding(make_world)
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    poll_and_post(world)
    world.shop.warehouse.floor.load_out(at_warehouse(world, order_id))
    poll_and_post(world)
    assert (world.tracking(order_id), world.store_status(order_id)) == (number, SHIPPED)


def test_a_label_voided_while_it_is_held_back_never_reaches_the_customer(make_world: MakeWorld) -> None:
    world = holding(make_world)
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    void(world, order_id, reopen=True)
    poll_and_post(world)
    hours_pass(world, 5)
    poll_and_post(world)
    assert world.tracking_written(order_id) == {}
    assert world.statuses_written(order_id) == {"2": 1}
    assert exceptions_by_kind(world) == {}


def test_the_order_is_partial_while_the_rest_is_held_back(make_world: MakeWorld) -> None:
    world = holding(make_world, split_share=1.0)
    [order_id] = sent(world, "multi_line")
    floor = world.shop.warehouse.floor
    first, second = at_warehouse(world, order_id)
    floor.ship([first])
    floor.load_out([first])
    floor.ship([second])
    poll_and_post(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], PARTIAL)
    assert world.tracking(order_id) == first.packages[0].tracking_number
    before = len(world.calls())
    assert poll_and_post(world)["orders"] == 0
    assert len(world.calls()) == before
    hours_pass(world, 5)
    poll_and_post(world)
    assert world.store_status(order_id) == SHIPPED
    assert len(world.tracking(order_id).split(", ")) == 2
