"""Packages beyond the first: in the field, in shipments of their own, or in the comments, each once."""

from __future__ import annotations

import pytest

from cartage_sandbox.kernel.faults import Kind, Moment
from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import at_warehouse, exceptions_by_kind, poll_and_post, sent, void
from tests.contract.world import ORDERS_STAGES, SHIPPED, World

NEVER = pytest.mark.parametrize("moves", ["never", "single"])


def in_shipments(make_world: MakeWorld, **rules: str) -> World:
    return make_world(post_back={"further_packages": "shipments"}, store_rules=rules)


def in_comments(make_world: MakeWorld) -> World:
    return make_world(post_back={"further_packages": "comments"})


def fields(world: World, order_id: int) -> list[str]:
    return [shipment["ShipmentTrackingCode"] for shipment in world.shop.store.order(order_id)["ShipmentList"]]


def comments(world: World, order_id: int) -> list[str]:
    text: str = world.shop.store.order(order_id)["InternalComments"]
    return text.splitlines()


@NEVER
def test_each_further_package_gets_a_shipment_of_its_own(make_world: MakeWorld, moves: str) -> None:
    world = in_shipments(make_world, shipment_status_moves_order=moves)
    [order_id] = sent(world, ItemQuantity=3.0)
    numbers = world.ship(order_id, packages=3)
    counts = poll_and_post(world)
    assert (counts["posted"], counts["further"]) == (1, 2)
    assert (fields(world, order_id), world.store_status(order_id)) == (numbers, SHIPPED)
    before = len(world.calls())
    assert poll_and_post(world)["orders"] == 0
    assert len(world.calls()) == before


def test_shipments_that_we_created_do_not_count_as_an_edit_of_the_order(make_world: MakeWorld) -> None:
    world = in_shipments(make_world)
    [order_id] = sent(world, ItemQuantity=2.0)
    world.ship(order_id, packages=2)
    poll_and_post(world)
    world.execute("UPDATE lane_state SET watched_to = NULL, watch_claimed_at = NULL")
    world.go(*ORDERS_STAGES)
    assert (exceptions_by_kind(world), world.state_of(order_id)) == ({}, ["shipped"])
    assert sum(world.references().values()) == 1


@pytest.mark.parametrize(("kind", "moment"), [("reset", "after"), ("truncate", "after"), ("reset", "before")])
def test_a_further_shipment_whose_response_was_lost_is_looked_for_before_another_is_created(
    make_world: MakeWorld, kind: Kind, moment: Moment
) -> None:
    world = in_shipments(make_world)
    [order_id] = sent(world, ItemQuantity=2.0)
    numbers = world.ship(order_id, packages=2)
    world.store_fault("POST .*/Shipments", kind, moment)
    assert poll_and_post(world)["unknown"] == 1
    poll_and_post(world)
    if moment == "before":
        assert fields(world, order_id) == numbers[:1], "its request may still be under way"
        world.execute("UPDATE post_back SET intent_at = intent_at - interval '1 hour'")
        poll_and_post(world)
    assert fields(world, order_id) == numbers
    assert len(world.calls(method="POST")) == (2 if moment == "before" else 1)


def test_a_run_that_died_while_it_created_a_shipment_leaves_none_twice(make_world: MakeWorld) -> None:
    world = in_shipments(make_world)
    [order_id] = sent(world, ItemQuantity=2.0)
    numbers = world.ship(order_id, packages=2)
    with (
        world.trigger("package", "NEW.store_shipment_id IS NOT NULL", "RAISE EXCEPTION 'killed'"),
        pytest.raises(Exception, match="killed"),
    ):
        poll_and_post(world)
    world.wait_out()
    poll_and_post(world)
    assert fields(world, order_id) == numbers
    assert len(world.calls(method="POST")) == 1


def test_a_further_shipment_follows_corrections_and_voids(make_world: MakeWorld) -> None:
    world = in_shipments(make_world)
    [order_id] = sent(world, ItemQuantity=2.0)
    first, second = world.ship(order_id, packages=2)
    poll_and_post(world)
    world.shop.warehouse.floor.correct(at_warehouse(world, order_id), second, "1ZCORRECTED")
    poll_and_post(world)
    assert fields(world, order_id) == [first, "1ZCORRECTED"]
    void(world, order_id)
    poll_and_post(world)
    assert fields(world, order_id) == ["", ""]


def test_further_numbers_are_appended_to_the_comments(make_world: MakeWorld) -> None:
    world = in_comments(make_world)
    [order_id] = sent(world, ItemQuantity=3.0)
    world.shop.store.edit(order_id, InternalComments="Call <b>before</b> delivery\r\nVIP")
    numbers = world.ship(order_id, packages=3)
    poll_and_post(world)
    assert fields(world, order_id) == numbers[:1]
    assert comments(world, order_id) == [
        "Call <b>before</b> delivery",
        "VIP",
        f"Tracking {numbers[1]} (UPS)",
        f"Tracking {numbers[2]} (UPS)",
    ]
    poll_and_post(world)
    assert len(comments(world, order_id)) == 4
    assert world.store_status(order_id) == SHIPPED


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_comment_whose_response_was_lost_is_there_once(make_world: MakeWorld, moment: Moment) -> None:
    world = in_comments(make_world)
    [order_id] = sent(world, ItemQuantity=2.0)
    world.shop.store.edit(order_id, InternalComments="VIP")
    _, second = world.ship(order_id, packages=2)
    world.store_fault("PUT .*/Orders$", "reset", moment)
    assert poll_and_post(world)["unknown"] == 1
    poll_and_post(world)
    assert comments(world, order_id) == ["VIP", f"Tracking {second} (UPS)"]


def test_a_void_is_noted_in_the_comments_that_named_the_number(make_world: MakeWorld) -> None:
    world = in_comments(make_world)
    [order_id] = sent(world, ItemQuantity=2.0)
    world.shop.store.edit(order_id, InternalComments="")
    _, second = world.ship(order_id, packages=2)
    poll_and_post(world)
    void(world, order_id)
    poll_and_post(world)
    assert fields(world, order_id) == [""]
    assert comments(world, order_id) == [f"Tracking {second} (UPS)", f"Tracking {second} is void"]
    assert poll_and_post(world)["orders"] == 0
