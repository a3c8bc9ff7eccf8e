"""Orders that the store cancels or holds after they were sent: cancelled at the warehouse, or a person decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cartage.errors import RemoteError
from cartage.model.exceptions import BY_POLICY, Choice, ExceptionKind
from cartage_sandbox.kernel.faults import Kind, Moment
from tests.contract.changes.changed import (
    CANCELER,
    at_warehouse,
    carry_out,
    closed,
    cycle,
    decide_as,
    events,
    look,
    open_exceptions,
    sent,
    watching,
)
from tests.contract.conftest import MakeWorld
from tests.contract.warehouses.damaged import damaged_order, no_list_of_lines
from tests.contract.world import CANCEL, HOLD, NEW, PROCESSING, World, at_once


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane that watches in every run, with default policies."""
    return watching(make_world)


def cancelled_in_store(world: World, kind: str = "single") -> int:
    [order_id] = sent(world, kind)
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    return order_id


def cancels(world: World) -> int:
    return sum(world.shop.warehouse.journal.count_by_key("order.cancelled").values())


def test_an_order_that_the_store_cancels_is_cancelled_at_the_warehouse(world: World) -> None:
    order_id = cancelled_in_store(world)
    assert look(world)["exceptions"] == 1
    assert carry_out(world)["cancelled"] == 1
    assert world.state_of(order_id) == ["cancelled"]
    assert at_warehouse(world) == {world.reference_of(order_id): "CANCELED"}
    assert open_exceptions(world) == []
    assert closed(world) == [("cancelled_after_transfer", "cancel", "cancelled at the warehouse")]
    assert events(world, "cancel_sent") == [""]


def test_a_cancel_waits_for_an_order_that_cannot_be_read_and_stops_no_other(world: World) -> None:
    odd, other = sent(world, count=2)
    # Both at once: a run in between may watch, and carry out the first cancel.
    for order_id in (odd, other):
        world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    [order] = world.shop.warehouse.floor.named([world.reference_of(odd)])
    with damaged_order(order, no_list_of_lines):
        look(world)
        assert carry_out(world)["cancelled"] == 1
        assert (world.state_of(odd), world.state_of(other)) == (["acknowledged"], ["cancelled"])
    assert carry_out(world)["cancelled"] == 1
    assert world.state_of(odd) == ["cancelled"]
    assert cancels(world) == 2


def test_later_runs_change_nothing(world: World) -> None:
    order_id = cancelled_in_store(world)
    for _ in range(3):
        cycle(world)
    assert cancels(world) == 1
    assert len(closed(world)) == 1
    assert world.store_status(order_id) == CANCEL


def test_each_part_of_a_split_order_is_cancelled(world: World) -> None:
    order_id = cancelled_in_store(world, "multi_line")
    floor = world.shop.warehouse.floor
    floor.split(floor.named([world.reference_of(order_id)])[0], 2)
    cycle(world)
    assert set(at_warehouse(world).values()) == {"CANCELED"}
    assert len(at_warehouse(world)) > 1
    assert world.state_of(order_id) == ["cancelled"]


def test_an_order_that_the_warehouse_no_longer_cancels_opens_an_exception_with_its_number(
    make_world: MakeWorld,
) -> None:
    world = watching(make_world, warehouse_rules={"cancel_refused": "always"})
    order_id = cancelled_in_store(world)
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.CANCELLED_AFTER_TRANSFER
    assert exception.remote_id in exception.message
    assert exception.remote_id
    assert "INTERCEPT" in exception.message
    assert exception.before
    assert exception.before["groups"][0]["reference"] == world.reference_of(order_id)
    assert exception.after == {"status": "Cancel"}
    assert exception.choices == (Choice.CANCEL, Choice.HANDLED, Choice.IGNORE)
    assert world.state_of(order_id) == ["acknowledged"]


def test_an_exception_opens_once_however_often_the_store_is_read(make_world: MakeWorld) -> None:
    world = watching(make_world, warehouse_rules={"cancel_refused": "always"})
    cancelled_in_store(world)
    for _ in range(3):
        cycle(world)
    assert len(open_exceptions(world)) == 1
    assert len(world.rows("SELECT FROM exception")) == 1


def test_the_decision_cancel_tries_again(make_world: MakeWorld) -> None:
    world = watching(make_world, warehouse_rules={"cancel_refused": "always"})
    order_id = cancelled_in_store(world)
    cycle(world)
    world.shop.warehouse.state.rules.update({"cancel_refused": "closed"})
    decide_as(world, Choice.CANCEL)
    carry_out(world)
    assert world.state_of(order_id) == ["cancelled"]
    assert events(world, "exception_decided") == ["cancel", "cancel"]
    actors = world.rows("SELECT actor FROM event WHERE kind = 'exception_decided' ORDER BY id")
    assert [row.actor for row in actors] == [BY_POLICY, "Kim"]


@pytest.mark.parametrize("choice", [Choice.HANDLED, Choice.IGNORE])
def test_an_exception_that_a_person_has_closed_does_not_reopen_while_its_situation_lasts(
    make_world: MakeWorld, choice: Choice
) -> None:
    world = watching(make_world, cancelled="ask")
    order_id = cancelled_in_store(world)
    cycle(world)
    decide_as(world, choice)
    cycle(world)
    assert open_exceptions(world) == []
    assert world.state_of(order_id) == ["acknowledged"]
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    cycle(world)
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    assert len(open_exceptions(world)) == 1


def test_with_the_policy_ask_nothing_is_cancelled_before_a_person_decides(make_world: MakeWorld) -> None:
    world = watching(make_world, cancelled="ask")
    order_id = cancelled_in_store(world)
    cycle(world)
    assert cancels(world) == 0
    decide_as(world, Choice.CANCEL)
    carry_out(world)
    assert world.state_of(order_id) == ["cancelled"]


def test_an_order_on_hold_opens_an_exception_unless_the_lane_says_cancel(make_world: MakeWorld) -> None:
    world = watching(make_world)
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.HELD_AFTER_TRANSFER
    assert cancels(world) == 0


def test_an_order_that_is_taken_off_hold_closes_its_exception(world: World) -> None:
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    cycle(world)
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    cycle(world)
    assert open_exceptions(world) == []
    assert closed(world) == [("held_after_transfer", None, "changed back in the store")]


def test_an_order_wanted_again_after_its_cancel_opens_an_exception(
    make_world: MakeWorld,
) -> None:
    world = watching(make_world, held="cancel")
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=HOLD)
    cycle(world)
    assert world.state_of(order_id) == ["cancelled"]
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.PUT_BACK
    assert exception.choices == (Choice.RESEND, Choice.IGNORE)
    decide_as(world, Choice.RESEND)
    cycle(world)
    cycle(world)
    assert at_warehouse(world) == {
        world.reference_of(order_id): "CANCELED",
        f"{world.reference_of(order_id)}B": "OPEN",
    }


def test_an_order_that_has_shipped_is_only_noted(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    world.go("poll_tracking", "update_order_status")
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    assert open_exceptions(world) == []
    assert events(world, "person_set_status") == ["the status that a person set in the store stands"]
    assert world.state_of(order_id) == ["shipped"]


def test_an_order_that_ships_before_it_can_be_cancelled_opens_an_exception(world: World) -> None:
    order_id = cancelled_in_store(world)
    look(world)
    world.ship(order_id)
    carry_out(world)
    [exception] = open_exceptions(world)
    assert "it has shipped" in exception.message
    world.go("poll_tracking", "update_order_status")
    cycle(world)
    assert len(open_exceptions(world)) == 1, "a person must still stop the parcel"


def test_a_cancelled_order_that_was_not_sent_is_never_sent(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    assert world.state_of(order_id) == ["skipped"]
    assert world.references() == {}


@pytest.mark.parametrize(("kind", "moment"), [("reset", "before"), ("reset", "after"), ("garbage", "after")])
def test_a_cancel_with_an_unseen_outcome_is_settled_by_asking(
    world: World, kind: Kind, moment: Moment
) -> None:
    order_id = cancelled_in_store(world)
    look(world)
    status = {"status": 500} if kind == "garbage" else {}
    world.warehouse_fault(CANCELER, kind, moment, **status)
    carry_out(world)
    carry_out(world)
    assert world.state_of(order_id) == ["cancelled"]
    assert cancels(world) == 1


def test_a_run_that_dies_between_cancel_and_record_is_finished_by_the_next(world: World) -> None:
    order_id = cancelled_in_store(world)
    look(world)
    dies = world.trigger("fulfillment_order", "NEW.state = 'cancelled'", "RAISE 'the run dies'")
    with dies, pytest.raises(Exception, match="the run dies"):
        carry_out(world)
    assert at_warehouse(world)[world.reference_of(order_id)] == "CANCELED"
    assert world.state_of(order_id) == ["acknowledged"]
    carry_out(world)
    assert world.state_of(order_id) == ["cancelled"]
    assert cancels(world) == 1


def test_two_runs_at_once_cancel_once(world: World) -> None:
    order_id = cancelled_in_store(world)
    look(world)
    at_once(lambda: carry_out(world), lambda: carry_out(world))
    assert cancels(world) == 1
    assert world.state_of(order_id) == ["cancelled"]
    assert len(events(world, "exception_closed")) == 1


def test_a_frozen_run_whose_claim_ran_out_sends_no_cancel(world: World) -> None:
    order_id = cancelled_in_store(world)
    look(world)
    body = "NEW.lease_until := clock_timestamp()"
    with world.trigger("sales_order", "NEW.lease_owner IS NOT NULL", body):
        carry_out(world)
    assert cancels(world) == 0
    assert world.state_of(order_id) == ["acknowledged"]
    world.wait_out()
    carry_out(world)
    assert world.state_of(order_id) == ["cancelled"]


def test_a_cancel_that_the_store_undid_does_not_leave(world: World) -> None:
    order_id = cancelled_in_store(world)
    look(world)
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    look(world)
    carry_out(world)
    assert cancels(world) == 0
    assert closed(world) == [("cancelled_after_transfer", "cancel", "changed back in the store")]


def test_a_decision_is_carried_out_once_the_warehouse_can_be_reached_again(world: World) -> None:
    order_id = cancelled_in_store(world)
    look(world)
    world.warehouse_fault("GET .*/orders", "status", "before", status=503, nth=0)
    with pytest.raises(RemoteError):
        carry_out(world)
    world.shop.warehouse.faults.clear()
    carry_out(world)
    assert world.state_of(order_id) == ["cancelled"]


def test_an_older_reading_does_not_undo_a_newer_one(world: World) -> None:
    order_id = cancelled_in_store(world)
    ahead = timedelta(hours=1)
    world.execute(
        "UPDATE sales_order SET read_at = clock_timestamp() + CAST(:ahead AS interval)", ahead=ahead
    )
    look(world)
    assert world.rows("SELECT FROM exception") == []
    world.read_long_ago(2 * ahead)
    cycle(world)
    assert world.state_of(order_id) == ["cancelled"]


def test_nothing_is_posted_for_an_order_that_was_cancelled_before(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse")
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    assert world.state_of(order_id) == ["cancelled"]
    assert world.statuses_written(order_id) == {}
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.PUT_BACK
