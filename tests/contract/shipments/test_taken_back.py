"""Voids, corrections, late and unmatched shipments, cancels by the warehouse: all end right, and none is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cartage.dispatch import stage
from cartage.model.documents import request_from
from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import (
    at_warehouse,
    cancel_at_warehouse,
    decide_as_person,
    pick,
    questions,
    sent,
    skus,
    tell,
    void,
)
from tests.contract.world import ORDERS_STAGES, PARTIAL, PROCESSING, SHIPPED, World, at_once

SHOWN = pytest.mark.parametrize("shown", ["all", "packages", "routing", "parcel"])


# Voided and corrected


@pytest.mark.parametrize("reopen", [True, False])
def test_a_label_voided_before_the_post_back_leaves_no_trace(world: World, reopen: bool) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    world.go("poll_tracking")
    void(world, order_id, reopen=reopen)
    counts = tell(world)
    assert (counts["voided"], counts["taken_back"], counts["posted"]) == (1, 1, 0)
    assert (world.store_status(order_id), world.tracking_written(order_id)) == (PROCESSING, {})
    assert (world.state_of(order_id), questions(world)) == (["acknowledged"], {})


def test_a_label_voided_after_the_post_back_is_taken_out_and_asked_about(world: World) -> None:
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    tell(world)
    void(world, order_id, reopen=True)
    counts = tell(world)
    assert (counts["withdrawn"], world.tracking(order_id)) == (1, "")
    assert world.store_status(order_id) == SHIPPED, "the status only ever moves forward"
    question = questions(world)["label_voided"]
    assert number in question.message
    assert (world.state_of(order_id), world.seen().posted) == (["acknowledged"], {SHIPPED: 1})
    before = len(world.calls())
    assert tell(world)["orders"] == 0
    assert len(world.calls()) == before


def test_an_order_that_ships_again_after_a_void_has_the_new_number_and_the_question_is_over(
    world: World,
) -> None:
    [order_id] = sent(world)
    [old] = world.ship(order_id)
    tell(world)
    void(world, order_id, reopen=True)
    tell(world)
    [new] = world.ship(order_id)
    tell(world)
    assert (world.tracking(order_id), world.state_of(order_id)) == (new, ["shipped"])
    assert world.tracking_written(order_id) == {"0": {old: 1, "": 1, new: 1}}
    assert questions(world) == {}


def test_a_second_void_is_asked_about_though_the_first_was_answered(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    tell(world)
    void(world, order_id, reopen=True)
    tell(world)
    decide_as_person(world, "label_voided", "handled")
    world.ship(order_id)
    tell(world)
    assert questions(world) == {}
    void(world, order_id, reopen=True)
    tell(world)
    assert set(questions(world)) == {"label_voided"}
    assert world.tracking(order_id) == ""


@SHOWN
def test_a_corrected_number_replaces_the_old_one_and_asks_nobody(make_world: MakeWorld, shown: str) -> None:
    world = make_world(warehouse_rules={"tracking_shown": shown})
    [order_id] = sent(world)
    [old] = world.ship(order_id)
    tell(world)
    world.shop.warehouse.floor.correct(at_warehouse(world, order_id), old, "1ZCORRECTED")
    tell(world)
    assert (world.tracking(order_id), questions(world)) == ("1ZCORRECTED", {})
    assert (world.store_status(order_id), world.state_of(order_id)) == (SHIPPED, ["shipped"])


def test_a_number_that_a_person_typed_is_kept_behind_ours(world: World) -> None:
    [order_id] = sent(world)
    world.amend(order_id, shipment={"ShipmentTrackingCode": "BY HAND 77"})
    [old] = world.ship(order_id)
    tell(world)
    assert world.tracking(order_id) == f"{old}, BY HAND 77"
    world.shop.warehouse.floor.correct(at_warehouse(world, order_id), old, "1ZNEW")
    tell(world)
    assert world.tracking(order_id) == "1ZNEW, BY HAND 77"
    void(world, order_id)
    tell(world)
    assert world.tracking(order_id) == "BY HAND 77"


# Late, reopened, in parts


def test_parts_that_ship_weeks_apart_complete_their_order(make_world: MakeWorld) -> None:
    """The first part is never read again, so that what was said of it then must not count for ever."""
    world = make_world(warehouse_rules={"split_share": 1.0})
    [order_id] = sent(world, "multi_line")
    floor = world.shop.warehouse.floor
    first, second = at_warehouse(world, order_id)
    floor.ship([first])
    tell(world)
    assert world.store_status(order_id) == PARTIAL
    world.shop.clock.advance(timedelta(days=60).total_seconds())
    floor.ship([second])
    tell(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], SHIPPED)
    assert len(world.tracking(order_id).split(", ")) == 2


def test_a_part_that_the_warehouse_cancels_leaves_the_order_short_and_asks(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"split_share": 1.0})
    [order_id] = sent(world, "multi_line")
    first, second = at_warehouse(world, order_id)
    world.shop.warehouse.floor.ship([first])
    tell(world)
    cancel_at_warehouse(world, second)
    tell(world)
    question = questions(world)["shipped_differently"]
    assert "short" in question.message
    assert (world.state_of(order_id), world.store_status(order_id)) == (["partially_shipped"], PARTIAL)
    decide_as_person(world, "shipped_differently", "accept")
    tell(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], SHIPPED)
    assert (questions(world), tell(world)["orders"]) == ({}, 0)


def test_what_a_poll_repeats_is_not_written_again(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    tell(world)
    [before] = world.rows("SELECT xmin::text, checked_at FROM shipment")
    tell(world)
    assert world.rows("SELECT xmin::text, checked_at FROM shipment") == [before]


# Short, over, substituted


def test_a_short_shipment_is_partial_and_shows_both_sides(world: World) -> None:
    [order_id] = sent(world, ItemQuantity=3.0)
    [sku] = skus(world, order_id)
    pick(world, order_id, {sku: 2})
    world.ship(order_id)
    tell(world)
    question = questions(world)["shipped_differently"]
    assert question.before == {"groups": [{"shipment_id": 0, "quantity": {sku: "3"}}]}
    assert question.after == {"groups": [{"shipment_id": 0, "quantity": {sku: "2"}}]}
    assert "accept" in question.choices
    assert (world.state_of(order_id), world.store_status(order_id)) == (["partially_shipped"], PARTIAL)


def test_a_short_shipment_that_is_left_as_it_is_stays_partial_and_is_not_asked_again(world: World) -> None:
    [order_id] = sent(world, ItemQuantity=3.0)
    pick(world, order_id, {skus(world, order_id)[0]: 2})
    [number] = world.ship(order_id)
    tell(world)
    decide_as_person(world, "shipped_differently", "handled")
    world.shop.warehouse.floor.correct(at_warehouse(world, order_id), number, "1ZOTHER")
    tell(world)
    assert (questions(world), world.store_status(order_id)) == ({}, PARTIAL)
    assert world.tracking(order_id) == "1ZOTHER"


def test_too_much_is_shipped_and_asked_about(world: World) -> None:
    [order_id] = sent(world, ItemQuantity=1.0)
    [sku] = skus(world, order_id)
    pick(world, order_id, {sku: 4})
    world.ship(order_id)
    tell(world)
    question = questions(world)["shipped_differently"]
    assert f"{sku} 4 of 1" in question.message
    assert "accept" not in question.choices
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], SHIPPED)


def test_a_substitute_is_short_and_something_that_was_not_ordered(world: World) -> None:
    world.stock("SUBSTITUTE-9")
    [order_id] = sent(world)
    [sku] = skus(world, order_id)
    pick(world, order_id, {}, {sku: "SUBSTITUTE-9"})
    world.ship(order_id)
    tell(world)
    assert "SUBSTITUTE-9" in questions(world)["shipped_differently"].message
    assert world.store_status(order_id) == PARTIAL


# Cancelled by the warehouse


def test_an_order_that_the_warehouse_cancels_is_a_question_and_can_be_sent_anew(world: World) -> None:
    [order_id] = sent(world)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    counts = tell(world)
    assert (counts["cancelled"], world.state_of(order_id)) == (1, ["cancelled"])
    assert set(questions(world)) == {"cancelled_by_warehouse"}
    assert world.store_status(order_id) == PROCESSING
    decide_as_person(world, "cancelled_by_warehouse", "resend")
    for _ in range(2):
        world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["cancelled", "acknowledged"]
    assert sum(world.references().values()) == 2
    [number] = world.ship(order_id, place=1)
    tell(world)
    assert (world.store_status(order_id), world.tracking(order_id)) == (SHIPPED, number)
    assert questions(world) == {}


def test_an_order_reopened_and_cancelled_after_it_was_told_is_taken_out_and_asked_about(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    tell(world)
    void(world, order_id, reopen=True)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    tell(world)
    assert set(questions(world)) == {"label_voided", "cancelled_by_warehouse"}
    assert (world.tracking(order_id), world.store_status(order_id)) == ("", SHIPPED)
    assert world.state_of(order_id) == ["cancelled"]


def test_a_poll_that_dies_with_a_cancel_in_hand_finds_it_again(world: World) -> None:
    [order_id] = sent(world)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    with (
        world.trigger("lane_state", "true", "RAISE EXCEPTION 'killed'"),
        pytest.raises(Exception, match="killed"),
    ):
        world.go("poll_tracking")
    assert world.state_of(order_id) == ["acknowledged"]
    tell(world)
    assert world.state_of(order_id) == ["cancelled"]


# Unmatched


def test_a_shipment_that_came_before_its_order_is_matched_once_that_is_there(world: World) -> None:
    [first] = sent(world)
    [row] = world.rows("SELECT request, reference FROM fulfillment_order")
    # The ledger is lost, and the warehouse ships meanwhile.
    [number] = world.ship(first)
    world.execute("UPDATE fulfillment_order SET reference = 'GONE_1_0', remote_id = 'gone'")
    counts = world.go("poll_tracking")["poll_tracking"]
    assert (counts["unmatched"], world.state_of(first)) == (1, ["acknowledged"])
    world.execute(
        "UPDATE fulfillment_order SET reference = :reference, state_since = clock_timestamp()",
        reference=row.reference,
    )
    world.shop.clock.advance(timedelta(days=3).total_seconds())
    counts = tell(world)
    assert counts["matched"] == 1
    assert (world.store_status(first), world.tracking(first)) == (SHIPPED, number)


def test_a_foreign_shipment_is_never_taken_for_one_of_ours(world: World) -> None:
    [order_id] = sent(world)
    [row] = world.rows("SELECT request FROM fulfillment_order")
    context = world.context("poll_tracking")
    context.warehouse.submit(replace(request_from(row.request), reference=f"X{world.reference_of(order_id)}"))
    context.close()
    floor = world.shop.warehouse.floor
    floor.ship(floor.named([f"X{world.reference_of(order_id)}"]))
    for _ in range(2):
        tell(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["acknowledged"], PROCESSING)
    assert world.rows("SELECT fulfillment_order_id FROM shipment") == [(None,)]


@pytest.mark.parametrize("mode", ["field", "shipments", "comments"])
def test_a_number_whose_write_nobody_saw_end_is_taken_out_once_it_is_voided(
    make_world: MakeWorld, mode: str
) -> None:
    """The run died between its write and the note of it: to the ledger the store was never told."""
    world = make_world(post_back={"further_packages": mode})
    [order_id] = sent(world, ItemQuantity=2.0)
    world.ship(order_id, packages=2)
    world.go("poll_tracking")
    for _ in range(3):  # The further package, its shipment or comment, and the field: each dies in its turn.
        with (
            world.trigger("package", "NEW.posted_at IS NOT NULL", "RAISE EXCEPTION 'killed'"),
            pytest.raises(Exception, match="killed"),
        ):
            world.go("update_order_status")
        world.wait_out()
    void(world, order_id, reopen=True)
    tell(world)
    order = world.shop.store.order(order_id)
    assert {one["ShipmentTrackingCode"] for one in order["ShipmentList"]} == {""}
    lines = order["InternalComments"].splitlines()
    assert sum("is void" in line for line in lines) == sum(line.endswith("(UPS)") for line in lines)
    assert set(questions(world)) == {"label_voided"}
    assert tell(world)["orders"] == 0


def test_polls_at_once_take_in_each_change_once_and_leave_nothing_unweighed(world: World) -> None:
    ids = sent(world, count=12)
    for order_id in ids:
        world.ship(order_id)
    contexts = [world.context("poll_tracking") for _ in range(3)]
    counts = at_once(*[lambda one=one: stage("poll_tracking")(one) for one in contexts])
    assert (
        sum(count["shipments"] for count in counts) == sum(count["shipped"] for count in counts) == len(ids)
    )
    assert world.rows("SELECT FROM shipment WHERE checked_at IS NULL") == []
    assert set(world.states()) == {"shipped"}


def test_a_voided_number_of_an_order_that_is_sent_no_more_is_taken_out_once_and_costs_nothing_later(
    world: World,
) -> None:
    """Shipped and told, cancelled by the warehouse, to be sent anew, and then cancelled in the store."""
    [order_id] = sent(world)
    world.ship(order_id)
    tell(world)
    void(world, order_id, reopen=True)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    world.go("poll_tracking")
    decide_as_person(world, "cancelled_by_warehouse", "resend")
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert world.state_of(order_id) == ["cancelled", "imported"]
    world.execute("UPDATE fulfillment_order SET state = 'skipped', reason = 'left' WHERE state = 'imported'")
    tell(world)
    assert world.tracking(order_id) == ""
    before = len(world.calls())
    assert tell(world)["orders"] == 0
    assert len(world.calls()) == before
