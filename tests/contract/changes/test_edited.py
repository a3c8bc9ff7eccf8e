"""Orders whose address or lines a person changes in the store after they were sent."""

from __future__ import annotations

import pytest

from cartage.model.exceptions import Choice, ExceptionKind
from tests.contract.changes.changed import (
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
from tests.contract.world import CANCEL, HOLD, PROCESSING, World

STREET = {"ShipmentAddress": "9 Elm Street"}


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane that watches in every run, with default policies: a person decides about edits."""
    return watching(make_world)


@pytest.fixture
def resending(make_world: MakeWorld) -> World:
    """A lane whose policy for edits is to resend."""
    return watching(make_world, edited="resend")


def edited(world: World, kind: str = "single", place: int = 0) -> int:
    [order_id] = sent(world, kind)
    world.amend(order_id, shipment=STREET, place=place)
    return order_id


def streets(world: World) -> dict[str, str]:
    """Return the street of every order at the warehouse."""
    state = world.shop.warehouse.state
    with state.lock:
        return {order.reference: order.document["shipTo"]["address1"] for order in state.book}


def test_an_edited_address_opens_an_exception_with_both_versions(world: World) -> None:
    order_id = edited(world)
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.kind is ExceptionKind.EDITED_AFTER_TRANSFER
    assert exception.choices == (Choice.RESEND, Choice.HANDLED, Choice.IGNORE)
    assert "ship-to address (address1)" in exception.message
    assert "Elm" not in exception.message, "messages go to logs and mails: no personal data"
    assert exception.remote_id
    assert exception.before
    assert exception.after
    assert exception.before["groups"][0]["ship_to"]["address1"] != "9 Elm Street"
    assert exception.after["groups"][0]["ship_to"]["address1"] == "9 Elm Street"
    assert at_warehouse(world) == {world.reference_of(order_id): "OPEN"}


def test_edited_lines_open_an_exception(world: World) -> None:
    [order_id] = sent(world)
    world.amend(order_id, line={"ItemQuantity": 7})
    cycle(world)
    [exception] = open_exceptions(world)
    assert "sent, 7 now" in exception.message


def test_a_second_edit_updates_the_open_exception(world: World) -> None:
    order_id = edited(world)
    cycle(world)
    world.amend(order_id, shipment={"ShipmentAddress": "10 Oak Street"})
    cycle(world)
    [exception] = open_exceptions(world)
    assert exception.after
    assert exception.after["groups"][0]["ship_to"]["address1"] == "10 Oak Street"
    assert len(world.rows("SELECT FROM exception")) == 1


def test_an_edit_that_is_undone_closes_its_exception(world: World) -> None:
    [order_id] = sent(world)
    before = world.shop.store.order(order_id)["ShipmentList"][0]["ShipmentAddress"]
    world.amend(order_id, shipment=STREET)
    cycle(world)
    world.amend(order_id, shipment={"ShipmentAddress": before})
    cycle(world)
    assert open_exceptions(world) == []
    assert closed(world) == [("edited_after_transfer", None, "changed back in the store")]
    assert world.rows("SELECT FROM sales_order WHERE seen_hash IS NOT NULL") == []


def test_a_change_that_ships_nothing_else_is_only_noted(world: World) -> None:
    [order_id] = sent(world)
    world.shop.store.edit(order_id, CustomerComments="please ring twice")
    cycle(world)
    assert open_exceptions(world) == []
    assert events(world, "changed_after_transfer") == ["comments"]
    cycle(world)
    assert len(events(world, "changed_after_transfer")) == 1


def test_our_own_post_back_is_no_edit(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    world.go("poll_tracking", "update_order_status")
    cycle(world)
    assert open_exceptions(world) == []
    assert events(world, "changed_after_transfer") == []


def test_an_unchanged_order_costs_no_write(world: World) -> None:
    sent(world, count=5)
    look(world)
    with world.trigger("sales_order", "true", "RAISE 'a write'"):
        look(world)


def test_the_policy_resend_cancels_and_sends_the_new_version(resending: World) -> None:
    order_id = edited(resending)
    cycle(resending)
    first = resending.reference_of(order_id)
    assert at_warehouse(resending) == {first: "CANCELED"}
    cycle(resending)
    assert at_warehouse(resending) == {first: "CANCELED", f"{first}B": "OPEN"}
    assert streets(resending)[f"{first}B"] == "9 Elm Street"
    assert resending.references() == {first: 1, f"{first}B": 1}
    assert open_exceptions(resending) == []
    assert closed(resending) == [("edited_after_transfer", "resend", "resent")]
    assert resending.store_status(order_id) == PROCESSING


def test_a_resent_order_ships_and_is_posted_back(resending: World) -> None:
    order_id = edited(resending)
    cycle(resending)
    cycle(resending)
    [tracking] = resending.ship(order_id, place=1)
    resending.go("poll_tracking", "update_order_status")
    assert resending.tracking(order_id) == tracking
    assert resending.store_status(order_id) == 4


def test_nothing_is_resent_before_the_warehouse_says_that_the_first_is_cancelled(
    make_world: MakeWorld,
) -> None:
    rules = {"cancel_refused": "always"}
    world = watching(make_world, warehouse_rules=rules, edited="resend")
    order_id = edited(world)
    for _ in range(2):
        cycle(world)
    assert at_warehouse(world) == {world.reference_of(order_id): "OPEN"}
    [exception] = open_exceptions(world)
    assert "INTERCEPT" in exception.message
    world.shop.warehouse.state.rules.update({"cancel_refused": "closed"})
    decide_as(world, Choice.RESEND)
    cycle(world)
    cycle(world)
    assert sorted(at_warehouse(world).values()) == ["CANCELED", "OPEN"]


def test_an_order_that_has_shipped_is_not_sent_a_second_time_for_an_edit(resending: World) -> None:
    order_id = edited(resending)
    look(resending)
    resending.ship(order_id)
    carry_out(resending)
    cycle(resending)
    assert resending.references() == {resending.reference_of(order_id): 1}
    [exception] = open_exceptions(resending)
    assert "it has shipped" in exception.message


def test_a_run_that_dies_after_the_cancel_resends_once(resending: World) -> None:
    order_id = edited(resending)
    look(resending)
    dies = resending.trigger("fulfillment_order", "NEW.state = 'cancelled'", "RAISE 'the run dies'")
    with dies, pytest.raises(Exception, match="the run dies"):
        carry_out(resending)
    # The tracking poll may be the first to see what that run did.
    resending.go("poll_tracking")
    cycle(resending)
    cycle(resending)
    first = resending.reference_of(order_id)
    assert resending.references() == {first: 1, f"{first}B": 1}


def test_only_the_edited_ship_to_is_resent(resending: World) -> None:
    order_id = edited(resending, "multi_ship_to")
    cycle(resending)
    cycle(resending)
    groups = resending.rows(
        "SELECT shipment_id, generation, state FROM fulfillment_order"
        " WHERE order_id = :order_id AND superseded_at IS NULL ORDER BY shipment_id",
        order_id=order_id,
    )
    assert [group.generation for group in groups] == [1, *[0] * (len(groups) - 1)]
    assert {group.state for group in groups} == {"acknowledged"}


def test_an_order_that_waits_to_be_resent_follows_the_store(resending: World) -> None:
    order_id = edited(resending)
    look(resending)
    carry_out(resending)
    resending.amend(order_id, shipment={"ShipmentAddress": "10 Oak Street"})
    resending.read_long_ago()
    resending.go("validate_mappings", "settle_outcomes", "transfer_to_warehouse")
    cycle(resending)
    assert streets(resending)[f"{resending.reference_of(order_id)}B"] == "10 Oak Street"


def test_an_order_on_hold_is_not_resent_before_it_is_released(resending: World) -> None:
    order_id = edited(resending)
    look(resending)
    resending.shop.store.edit(order_id, OrderStatusID=HOLD)
    cycle(resending)
    cycle(resending)
    assert list(at_warehouse(resending).values()) == ["OPEN"]
    resending.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    cycle(resending)
    cycle(resending)
    assert sorted(at_warehouse(resending).values()) == ["CANCELED", "OPEN"]


def test_a_resent_order_that_is_held_before_it_leaves_goes_on_when_it_is_released(resending: World) -> None:
    order_id = edited(resending)
    look(resending)
    carry_out(resending)
    resending.shop.store.edit(order_id, OrderStatusID=HOLD)
    cycle(resending)
    cycle(resending)
    assert list(at_warehouse(resending).values()) == ["CANCELED"]
    resending.shop.store.edit(order_id, OrderStatusID=PROCESSING)
    cycle(resending)
    cycle(resending)
    assert sorted(at_warehouse(resending).values()) == ["CANCELED", "OPEN"]


def test_a_cancel_ends_an_open_exception_about_an_edit(world: World) -> None:
    order_id = edited(world)
    cycle(world)
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    cycle(world)
    assert open_exceptions(world) == []
    assert ("edited_after_transfer", None, "cancelled in the store") in closed(world)


def test_another_edit_after_a_decision_opens_another_exception(world: World) -> None:
    order_id = edited(world)
    cycle(world)
    decide_as(world, Choice.IGNORE)
    cycle(world)
    assert open_exceptions(world) == []
    world.amend(order_id, line={"ItemQuantity": 9})
    cycle(world)
    [exception] = open_exceptions(world)
    assert "9 now" in exception.message
