"""A unit is taken off once: when the warehouse has its order, when it has shipped, and whatever was read in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.conftest import MakeDocumentWorld, MakeWorld
from tests.contract.inventory.stocked import NO_BREAKER, buy, goods, push, shown
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(inventory={"breaker": NO_BREAKER})


def bought(world: World, catalog_id: int, quantity: int) -> int:
    order_id = buy(world, catalog_id, quantity)
    assert order_id is not None
    return order_id


def ship(world: World, order_id: int) -> None:
    """Let the warehouse ship an order, and see it."""
    world.ship(order_id)
    world.go(*SHIPMENT_STAGES)


def test_an_order_that_ships_after_the_reading_is_not_taken_off_again(world: World) -> None:
    mug = goods(world, {"MUG": 10})["MUG"]
    push(world)
    order_id = bought(world, mug, 3)
    world.go(*ORDERS_STAGES)
    push(world)
    assert shown(world, mug) == 7
    ship(world, order_id)
    assert world.state_of(order_id) == ["shipped"]
    world.go("update_stock")
    assert shown(world, mug) == 7, "the figures left it out when the warehouse had it"
    push(world)
    assert shown(world, mug) == 7


def test_a_shipment_that_is_withdrawn_after_the_reading_changes_nothing(world: World) -> None:
    mug = goods(world, {"MUG": 10})["MUG"]
    push(world)
    order_id = bought(world, mug, 3)
    world.go(*ORDERS_STAGES)
    ship(world, order_id)
    push(world)
    floor = world.shop.warehouse.floor
    floor.void(floor.named([world.reference_of(order_id)]), reopen=True)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    world.go("update_stock")
    assert shown(world, mug) == 7


def test_an_order_that_comes_to_the_warehouse_after_the_reading_is_taken_off_until_the_next(
    world: World,
) -> None:
    mug = goods(world, {"MUG": 10})["MUG"]
    push(world)
    order_id = bought(world, mug, 3)
    world.go(*ORDERS_STAGES)
    ship(world, order_id)
    world.go("update_stock")
    assert shown(world, mug) == 7, "the figures are from before the order"
    push(world)
    assert shown(world, mug) == 7


def test_figures_may_not_know_what_the_warehouse_has_accepted_lately(world: World) -> None:
    world.settings["warehouse"]["settings"]["visibility_delay"] = "1h"
    mug = goods(world, {"MUG": 10})["MUG"]
    push(world)
    order_id = bought(world, mug, 3)
    world.go(*ORDERS_STAGES)
    push(world)
    assert shown(world, mug) == 4, "it may not be in the figures yet: too little rather than too much"
    world.execute("UPDATE event SET at = at - interval '2 h' WHERE to_state = 'acknowledged'")
    ship(world, order_id)
    world.go("update_stock")
    assert shown(world, mug) == 7


@pytest.mark.parametrize("on_hand_only", [False, True])
def test_figures_of_what_is_on_hand_leave_out_no_order_before_it_has_shipped(
    make_document_world: MakeDocumentWorld, on_hand_only: bool
) -> None:
    world = make_document_world(inventory={"breaker": NO_BREAKER, "max_age": "1d"})
    mug = goods(world, {"MUG": 10}, in_store=10)["MUG"]
    order_id = bought(world, mug, 3)
    world.go("import_orders", "validate_mappings", "transfer_to_warehouse")
    assert world.state_of(order_id) == ["acknowledged"]
    world.target.take()

    def told(name: str, quantity: int) -> int:
        world.target.put(
            name,
            at=datetime.now(UTC) + timedelta(hours=1),
            stock={"MUG": quantity},
            on_hand_only=on_hand_only,
        )
        world.poll_stock()
        world.go("update_stock")
        return shown(world, mug)

    assert told("inv_1.json", 10 if on_hand_only else 7) == 7
    world.target.put("ship.json", shipped=[world.shipped(world.reference_of(order_id))])
    world.poll()
    assert world.state_of(order_id) == ["shipped"]
    world.go("update_stock")
    # What is on hand does not say yet that it is gone; what is available never had it.
    assert shown(world, mug) == 7
    assert told("inv_2.json", 7) == 7


def test_a_file_with_changes_keeps_what_the_full_one_said_of_its_figures(
    make_document_world: MakeDocumentWorld,
) -> None:
    world = make_document_world(inventory={"breaker": NO_BREAKER, "max_age": "1d"})
    now = datetime.now(UTC)
    for place, (full, on_hand_only, kept) in enumerate(
        [(True, True, True), (False, False, True), (True, False, False), (False, True, True)]
    ):
        world.target.put(
            f"inv_{place}.json",
            at=now - timedelta(hours=9 - place),
            stock={"MUG": 5},
            full=full,
            on_hand_only=on_hand_only,
        )
        world.poll_stock()
        [row] = world.rows("SELECT on_hand_only FROM stock_reading")
        assert row.on_hand_only == kept, place
