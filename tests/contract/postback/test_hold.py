"""After the label: the store hears of a package once the carrier has it, or after so long; a void before, never."""

from __future__ import annotations

from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import at_warehouse, questions, sent, tell, void
from tests.contract.world import PARTIAL, PROCESSING, SHIPPED, World


def holding(make_world: MakeWorld, **rules: float) -> World:
    return make_world(post_back={"wait_for_carrier": "4h"}, warehouse_rules=rules)


def hours_pass(world: World, hours: int) -> None:
    world.execute(
        "UPDATE shipment SET shipped_at = shipped_at - CAST(:age AS interval),"
        " first_seen_at = first_seen_at - CAST(:age AS interval)",
        age=f"{hours} hours",
    )


def test_a_package_is_told_after_the_hold(make_world: MakeWorld) -> None:
    world = holding(make_world)
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    assert tell(world)["orders"] == 0
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], PROCESSING)
    hours_pass(world, 5)
    tell(world)
    assert (world.tracking(order_id), world.store_status(order_id)) == (number, SHIPPED)


def test_a_package_is_told_as_soon_as_the_carrier_has_it(make_world: MakeWorld) -> None:
    world = holding(make_world)
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    tell(world)
    world.shop.warehouse.floor.load_out(at_warehouse(world, order_id))
    tell(world)
    assert (world.tracking(order_id), world.store_status(order_id)) == (number, SHIPPED)


def test_a_label_voided_while_it_is_held_leaves_no_trace_with_the_customer(make_world: MakeWorld) -> None:
    world = holding(make_world)
    [order_id] = sent(world)
    world.ship(order_id)
    tell(world)
    void(world, order_id, reopen=True)
    tell(world)
    hours_pass(world, 5)
    tell(world)
    assert world.tracking_written(order_id) == {}
    assert world.statuses_written(order_id) == {"2": 1}
    assert questions(world) == {}


def test_the_store_is_told_partial_while_the_rest_is_held(make_world: MakeWorld) -> None:
    world = holding(make_world, split_share=1.0)
    [order_id] = sent(world, "multi_line")
    floor = world.shop.warehouse.floor
    first, second = at_warehouse(world, order_id)
    floor.ship([first])
    floor.load_out([first])
    floor.ship([second])
    tell(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], PARTIAL)
    assert world.tracking(order_id) == first.packages[0].tracking_number
    before = len(world.calls())
    assert tell(world)["orders"] == 0
    assert len(world.calls()) == before
    hours_pass(world, 5)
    tell(world)
    assert world.store_status(order_id) == SHIPPED
    assert len(world.tracking(order_id).split(", ")) == 2
