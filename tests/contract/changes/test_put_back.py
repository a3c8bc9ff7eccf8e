"""Orders that a person puts back to the import status after the warehouse had them and their status was posted."""

from __future__ import annotations

import pytest

from cartage.model.exceptions import Choice, ExceptionKind
from cartage.postback import store_reads
from tests.contract.changes.changed import (
    at_warehouse,
    carry_out,
    closed,
    cycle,
    decide_as,
    look,
    open_exceptions,
    sent,
    watching,
)
from tests.contract.conftest import MakeWorld
from tests.contract.world import NEW, ORDERS_STAGES, PROCESSING, SHIPPED, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane that watches in every run."""
    return watching(make_world)


def put_back(world: World) -> int:
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    cycle(world)
    return order_id


def test_an_order_that_was_put_back_opens_an_exception_and_is_neither_resent_nor_set_to_processing(
    world: World,
) -> None:
    order_id = put_back(world)
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.PUT_BACK
    assert exception.choices == (Choice.RESEND, Choice.RESTORE, Choice.IGNORE)
    assert world.store_status(order_id) == NEW
    assert world.references() == {world.reference_of(order_id): 1}


def test_a_sweep_alone_finds_the_order(world: World) -> None:
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    world.execute("UPDATE lane_state SET watched_to = clock_timestamp() + interval '1 hour'")
    world.go("import_orders")
    assert len(open_exceptions(world)) == 1


def test_our_own_delay_is_no_put_back(world: World) -> None:
    [order_id] = world.place()
    world.go(*ORDERS_STAGES[:4])
    look(world)
    assert open_exceptions(world) == []
    world.go("mark_processing")
    world.execute("UPDATE sales_order SET verified_at = NULL")
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    look(world)
    assert open_exceptions(world) == [], "posted, and not yet seen to have left the import status"


def test_a_reading_from_before_the_status_was_verified_is_no_put_back(world: World) -> None:
    [order_id] = sent(world)
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    world.execute("UPDATE sales_order SET verified_at = clock_timestamp() + interval '1 hour'")
    look(world)
    assert open_exceptions(world) == []


def test_restore_sets_the_status_forward_again(world: World) -> None:
    order_id = put_back(world)
    decide_as(world, Choice.RESTORE)
    assert world.go("mark_processing")["mark_processing"]["restored"] == 1
    assert world.store_status(order_id) == PROCESSING
    assert closed(world) == [("put_back", "restore", "the store's status was set forward again")]
    cycle(world)
    assert open_exceptions(world) == []


def test_restore_does_not_overwrite_a_status_that_was_set_since(world: World) -> None:
    order_id = put_back(world)
    decide_as(world, Choice.RESTORE)
    world.shop.store.edit(order_id, OrderStatusID=6)
    assert world.go("mark_processing")["mark_processing"]["restored"] == 0
    assert world.store_status(order_id) == 6


def test_a_restore_of_an_order_that_could_not_be_read_stays_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = put_back(world)
    decide_as(world, Choice.RESTORE)
    world.settings["store"]["time_zone"] = "Pacific/Auckland"
    monkeypatch.setattr(store_reads, "_BY_ID", 0)
    assert world.go("mark_processing")["mark_processing"]["restored"] == 0
    assert closed(world) == []
    monkeypatch.setattr(store_reads, "_BY_ID", 5)
    assert world.go("mark_processing")["mark_processing"]["restored"] == 1
    assert world.store_status(order_id) == PROCESSING


def test_restore_posts_shipped_if_the_order_has_shipped_meanwhile(world: World) -> None:
    order_id = put_back(world)
    [tracking] = world.ship(order_id)
    world.go("poll_tracking", "update_order_status")
    assert world.tracking(order_id) == tracking, "tracking is posted, without a status"
    assert world.store_status(order_id) == NEW
    decide_as(world, Choice.RESTORE)
    world.go("mark_processing")
    assert world.store_status(order_id) == SHIPPED


def test_a_restore_with_a_lost_response_is_repeated(world: World) -> None:
    order_id = put_back(world)
    decide_as(world, Choice.RESTORE)
    world.store_fault("PUT .*/Orders$", "reset", "after", times=5)
    world.go("mark_processing")
    world.shop.store.faults.clear()
    world.go("mark_processing")
    assert world.store_status(order_id) == PROCESSING
    assert [kind for kind, _, _ in closed(world)] == ["put_back"]


def test_resend_cancels_the_first_order_and_sends_the_next_generation(world: World) -> None:
    order_id = put_back(world)
    decide_as(world, Choice.RESEND)
    cycle(world)
    cycle(world)
    first = world.reference_of(order_id)
    assert at_warehouse(world) == {first: "CANCELED", f"{first}B": "OPEN"}
    assert world.store_status(order_id) == PROCESSING
    assert open_exceptions(world) == []


def test_resend_is_refused_with_the_reason_if_it_has_shipped_meanwhile(world: World) -> None:
    order_id = put_back(world)
    decide_as(world, Choice.RESEND)
    world.ship(order_id)
    world.go("poll_tracking")
    carry_out(world)
    [exception] = open_exceptions(world)
    assert "SECOND time" in exception.message
    assert world.references() == {world.reference_of(order_id): 1}


def test_resend_of_a_shipped_order_is_a_second_shipment_with_both_numbers_in_the_store(world: World) -> None:
    [order_id] = sent(world)
    [first_number] = world.ship(order_id)
    world.go("poll_tracking", "update_order_status")
    world.shop.store.edit(order_id, OrderStatusID=NEW)
    cycle(world)
    [exception] = open_exceptions(world)
    assert "SECOND time" in exception.message
    decide_as(world, Choice.RESEND)
    cycle(world)
    cycle(world)
    first = world.reference_of(order_id)
    assert at_warehouse(world) == {first: "CLOSED", f"{first}B": "OPEN"}
    [second_number] = world.ship(order_id, place=1)
    world.go("poll_tracking", "update_order_status")
    assert first_number in world.tracking(order_id)
    assert second_number in world.tracking(order_id)
    assert world.store_status(order_id) == SHIPPED


def test_ignore_leaves_the_order_and_opens_no_further_exception(world: World) -> None:
    order_id = put_back(world)
    decide_as(world, Choice.IGNORE)
    for _ in range(2):
        cycle(world)
    assert open_exceptions(world) == []
    assert world.store_status(order_id) == NEW
    assert world.references() == {world.reference_of(order_id): 1}


def test_an_order_moved_forward_by_hand_closes_its_exception(world: World) -> None:
    order_id = put_back(world)
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    cycle(world)
    assert closed(world) == [("put_back", None, "changed back in the store")]
