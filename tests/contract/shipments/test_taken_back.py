"""Voids, corrections, late and unmatched shipments, cancels by the warehouse: all end correctly, and none is lost."""

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
    decide_exception_as_person,
    exceptions_by_kind,
    pick,
    poll_and_post,
    sent,
    skus,
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
    counts = poll_and_post(world)
    assert (counts["voided"], counts["taken_back"], counts["posted"]) == (1, 1, 0)
    assert (world.store_status(order_id), world.tracking_written(order_id)) == (PROCESSING, {})
    assert (world.state_of(order_id), exceptions_by_kind(world)) == (["acknowledged"], {})


def test_a_label_voided_after_the_post_back_is_removed_and_opens_an_exception(world: World) -> None:
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    poll_and_post(world)
    void(world, order_id, reopen=True)
    counts = poll_and_post(world)
    assert (counts["withdrawn"], world.tracking(order_id)) == (1, "")
    assert world.store_status(order_id) == SHIPPED, "the status only ever moves forward"
    exception = exceptions_by_kind(world)["label_voided"]
    assert number in exception.message
    assert (world.state_of(order_id), world.seen().posted) == (["acknowledged"], {SHIPPED: 1})
    before = len(world.calls())
    assert poll_and_post(world)["orders"] == 0
    assert len(world.calls()) == before


def test_an_order_that_ships_again_after_a_void_has_the_new_number_and_its_exception_ends(
    world: World,
) -> None:
    [order_id] = sent(world)
    [old] = world.ship(order_id)
    poll_and_post(world)
    void(world, order_id, reopen=True)
    poll_and_post(world)
    [new] = world.ship(order_id)
    poll_and_post(world)
    assert (world.tracking(order_id), world.state_of(order_id)) == (new, ["shipped"])
    assert world.tracking_written(order_id) == {"0": {old: 1, "": 1, new: 1}}
    assert exceptions_by_kind(world) == {}


def test_a_second_void_opens_an_exception_though_the_first_was_decided(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    void(world, order_id, reopen=True)
    poll_and_post(world)
    decide_exception_as_person(world, "label_voided", "handled")
    world.ship(order_id)
    poll_and_post(world)
    assert exceptions_by_kind(world) == {}
    void(world, order_id, reopen=True)
    poll_and_post(world)
    assert set(exceptions_by_kind(world)) == {"label_voided"}
    assert world.tracking(order_id) == ""


@SHOWN
def test_a_corrected_number_replaces_the_old_one_without_an_exception(
    make_world: MakeWorld, shown: str
) -> None:
    world = make_world(warehouse_rules={"tracking_shown": shown})
    [order_id] = sent(world)
    [old] = world.ship(order_id)
    poll_and_post(world)
    world.shop.warehouse.floor.correct(at_warehouse(world, order_id), old, "1ZCORRECTED")
    poll_and_post(world)
    assert (world.tracking(order_id), exceptions_by_kind(world)) == ("1ZCORRECTED", {})
    assert (world.store_status(order_id), world.state_of(order_id)) == (SHIPPED, ["shipped"])


def test_a_number_that_a_person_typed_is_kept_after_ours(world: World) -> None:
    [order_id] = sent(world)
    world.amend(order_id, shipment={"ShipmentTrackingCode": "BY HAND 77"})
    [old] = world.ship(order_id)
    poll_and_post(world)
    assert world.tracking(order_id) == f"{old}, BY HAND 77"
    world.shop.warehouse.floor.correct(at_warehouse(world, order_id), old, "1ZNEW")
    poll_and_post(world)
    assert world.tracking(order_id) == "1ZNEW, BY HAND 77"
    void(world, order_id)
    poll_and_post(world)
    assert world.tracking(order_id) == "BY HAND 77"


# Late, reopened, in parts


def test_parts_that_ship_weeks_apart_complete_their_order(make_world: MakeWorld) -> None:
    """The first part is never read again: what was said of it then must not count permanently."""
    world = make_world(warehouse_rules={"split_share": 1.0})
    [order_id] = sent(world, "multi_line")
    floor = world.shop.warehouse.floor
    first, second = at_warehouse(world, order_id)
    floor.ship([first])
    poll_and_post(world)
    assert world.store_status(order_id) == PARTIAL
    world.shop.clock.advance(timedelta(days=60).total_seconds())
    floor.ship([second])
    poll_and_post(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], SHIPPED)
    assert len(world.tracking(order_id).split(", ")) == 2


def test_a_part_that_the_warehouse_cancels_leaves_the_order_short_with_an_exception(
    make_world: MakeWorld,
) -> None:
    world = make_world(warehouse_rules={"split_share": 1.0})
    [order_id] = sent(world, "multi_line")
    first, second = at_warehouse(world, order_id)
    world.shop.warehouse.floor.ship([first])
    poll_and_post(world)
    cancel_at_warehouse(world, second)
    poll_and_post(world)
    exception = exceptions_by_kind(world)["shipped_differently"]
    assert "short" in exception.message
    assert (world.state_of(order_id), world.store_status(order_id)) == (["partially_shipped"], PARTIAL)
    decide_exception_as_person(world, "shipped_differently", "accept")
    poll_and_post(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], SHIPPED)
    assert (exceptions_by_kind(world), poll_and_post(world)["orders"]) == ({}, 0)


def test_what_a_poll_repeats_is_not_stored_again(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    [before] = world.rows("SELECT xmin::text, checked_at FROM shipment")
    poll_and_post(world)
    assert world.rows("SELECT xmin::text, checked_at FROM shipment") == [before]


# Short, over, substituted


def test_a_short_shipment_is_partial_and_shows_both_quantities(world: World) -> None:
    [order_id] = sent(world, ItemQuantity=3.0)
    [sku] = skus(world, order_id)
    pick(world, order_id, {sku: 2})
    world.ship(order_id)
    poll_and_post(world)
    exception = exceptions_by_kind(world)["shipped_differently"]
    assert exception.before == {"groups": [{"shipment_id": 0, "quantity": {sku: "3"}}]}
    assert exception.after == {"groups": [{"shipment_id": 0, "quantity": {sku: "2"}}]}
    assert "accept" in exception.choices
    assert (world.state_of(order_id), world.store_status(order_id)) == (["partially_shipped"], PARTIAL)


def test_a_short_shipment_that_is_left_as_it_is_stays_partial_without_another_exception(world: World) -> None:
    [order_id] = sent(world, ItemQuantity=3.0)
    pick(world, order_id, {skus(world, order_id)[0]: 2})
    [number] = world.ship(order_id)
    poll_and_post(world)
    decide_exception_as_person(world, "shipped_differently", "handled")
    world.shop.warehouse.floor.correct(at_warehouse(world, order_id), number, "1ZOTHER")
    poll_and_post(world)
    assert (exceptions_by_kind(world), world.store_status(order_id)) == ({}, PARTIAL)
    assert world.tracking(order_id) == "1ZOTHER"


def test_too_much_is_shipped_with_an_exception(world: World) -> None:
    [order_id] = sent(world, ItemQuantity=1.0)
    [sku] = skus(world, order_id)
    pick(world, order_id, {sku: 4})
    world.ship(order_id)
    poll_and_post(world)
    exception = exceptions_by_kind(world)["shipped_differently"]
    assert f"{sku} 4 of 1" in exception.message
    assert "accept" not in exception.choices
    assert (world.state_of(order_id), world.store_status(order_id)) == (["shipped"], SHIPPED)


def test_a_substitute_is_short_and_was_not_ordered(world: World) -> None:
    world.stock("SUBSTITUTE-9")
    [order_id] = sent(world)
    [sku] = skus(world, order_id)
    pick(world, order_id, {}, {sku: "SUBSTITUTE-9"})
    world.ship(order_id)
    poll_and_post(world)
    assert "SUBSTITUTE-9" in exceptions_by_kind(world)["shipped_differently"].message
    assert world.store_status(order_id) == PARTIAL


# Cancelled by the warehouse


def test_an_order_that_the_warehouse_cancels_is_an_exception_and_can_be_resent(world: World) -> None:
    [order_id] = sent(world)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    counts = poll_and_post(world)
    assert (counts["cancelled"], world.state_of(order_id)) == (1, ["cancelled"])
    assert set(exceptions_by_kind(world)) == {"cancelled_by_warehouse"}
    assert world.store_status(order_id) == PROCESSING
    decide_exception_as_person(world, "cancelled_by_warehouse", "resend")
    for _ in range(2):
        world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["cancelled", "acknowledged"]
    assert sum(world.references().values()) == 2
    [number] = world.ship(order_id, place=1)
    poll_and_post(world)
    assert (world.store_status(order_id), world.tracking(order_id)) == (SHIPPED, number)
    assert exceptions_by_kind(world) == {}


def test_an_order_reopened_and_cancelled_after_it_was_posted_is_removed_and_opens_an_exception(
    world: World,
) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    void(world, order_id, reopen=True)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    poll_and_post(world)
    assert set(exceptions_by_kind(world)) == {"label_voided", "cancelled_by_warehouse"}
    assert (world.tracking(order_id), world.store_status(order_id)) == ("", SHIPPED)
    assert world.state_of(order_id) == ["cancelled"]


def test_a_poll_that_dies_while_it_applies_a_cancel_finds_it_again(world: World) -> None:
    [order_id] = sent(world)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    with (
        world.trigger("lane_state", "true", "RAISE EXCEPTION 'killed'"),
        pytest.raises(Exception, match="killed"),
    ):
        world.go("poll_tracking")
    assert world.state_of(order_id) == ["acknowledged"]
    poll_and_post(world)
    assert world.state_of(order_id) == ["cancelled"]


# Unmatched


def test_a_shipment_polled_before_its_order_is_known_is_matched_later(world: World) -> None:
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
    counts = poll_and_post(world)
    assert counts["matched"] == 1
    assert (world.store_status(first), world.tracking(first)) == (SHIPPED, number)


def test_a_foreign_shipment_is_never_matched_to_our_orders(world: World) -> None:
    [order_id] = sent(world)
    [row] = world.rows("SELECT request FROM fulfillment_order")
    context = world.context("poll_tracking")
    context.warehouse.submit(replace(request_from(row.request), reference=f"X{world.reference_of(order_id)}"))
    context.close()
    floor = world.shop.warehouse.floor
    floor.ship(floor.named([f"X{world.reference_of(order_id)}"]))
    for _ in range(2):
        poll_and_post(world)
    assert (world.state_of(order_id), world.store_status(order_id)) == (["acknowledged"], PROCESSING)
    assert world.rows("SELECT fulfillment_order_id FROM shipment") == [(None,)]


@pytest.mark.parametrize("mode", ["field", "shipments", "comments"])
def test_a_number_whose_write_had_an_unknown_outcome_is_removed_once_it_is_voided(
    make_world: MakeWorld, mode: str
) -> None:
    """The run died between its write and recording it: for the ledger nothing was posted."""
    world = make_world(post_back={"further_packages": mode})
    [order_id] = sent(world, ItemQuantity=2.0)
    world.ship(order_id, packages=2)
    world.go("poll_tracking")
    for _ in range(3):  # The further package, its shipment or comment, and the field: each dies once.
        with (
            world.trigger("package", "NEW.posted_at IS NOT NULL", "RAISE EXCEPTION 'killed'"),
            pytest.raises(Exception, match="killed"),
        ):
            world.go("update_order_status")
        world.wait_out()
    void(world, order_id, reopen=True)
    poll_and_post(world)
    order = world.shop.store.order(order_id)
    assert {shipment["ShipmentTrackingCode"] for shipment in order["ShipmentList"]} == {""}
    lines = order["InternalComments"].splitlines()
    assert sum("is void" in line for line in lines) == sum(line.endswith("(UPS)") for line in lines)
    assert set(exceptions_by_kind(world)) == {"label_voided"}
    assert poll_and_post(world)["orders"] == 0


def test_polls_at_once_apply_each_change_once_and_leave_nothing_unchecked(world: World) -> None:
    ids = sent(world, count=12)
    for order_id in ids:
        world.ship(order_id)
    contexts = [world.context("poll_tracking") for _ in range(3)]
    counts = at_once(*[lambda context=context: stage("poll_tracking")(context) for context in contexts])
    assert (
        sum(count["shipments"] for count in counts) == sum(count["shipped"] for count in counts) == len(ids)
    )
    assert world.rows("SELECT FROM shipment WHERE checked_at IS NULL") == []
    assert set(world.states()) == {"shipped"}


def test_a_voided_number_of_a_cancelled_order_is_removed_once_and_costs_nothing_later(
    world: World,
) -> None:
    """Shipped and posted, cancelled by the warehouse, to be resent, and then cancelled in the store."""
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    void(world, order_id, reopen=True)
    cancel_at_warehouse(world, *at_warehouse(world, order_id))
    world.go("poll_tracking")
    decide_exception_as_person(world, "cancelled_by_warehouse", "resend")
    world.go("settle_outcomes", "transfer_to_warehouse")
    assert world.state_of(order_id) == ["cancelled", "imported"]
    world.execute("UPDATE fulfillment_order SET state = 'skipped', reason = 'left' WHERE state = 'imported'")
    poll_and_post(world)
    assert world.tracking(order_id) == ""
    before = len(world.calls())
    assert poll_and_post(world)["orders"] == 0
    assert len(world.calls()) == before
