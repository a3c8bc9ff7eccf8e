"""An address corrected before sending is what the warehouse gets, until the store changes the order."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from cartage.errors import TransitionRefused
from cartage.intake.repo.groups import CORRECTION_OVERTAKEN
from cartage.lifecycle.transitions import By
from cartage.operations import order_actions
from cartage.operations.corrections import CORRECTABLE, correct_order
from cartage.validation.repo import holds
from tests.contract.rows import Rows
from tests.contract.world import World

ANN = By("ann", "desk/1")
FURTHER = ("import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse")


def row_of(world: World, order_id: int) -> Any:
    [row] = world.rows("SELECT * FROM fulfillment_order WHERE order_id = :order_id", order_id=order_id)
    return row


def correct(world: World, order_id: int, reason: str = "called the customer", **address: str) -> None:
    row = row_of(world, order_id)
    with world.ledger.begin() as connection:
        correct_order(connection, "demo", row.id, address, row.ship_method, reason, ANN)


def sent_name(world: World) -> str:
    [request] = [row.request for row in world.rows("SELECT request FROM transfer")]
    return str(request["ship_to"]["name"])


def test_the_warehouse_gets_the_corrected_address_though_the_store_is_read_again(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    correct(world, order_id, name="  Ann   Corrected ")
    assert world.state_of(order_id) == ["imported"]
    world.go(*FURTHER)
    assert world.state_of(order_id) == ["acknowledged"]
    assert sent_name(world) == "Ann Corrected"


def test_a_correction_is_an_event_with_person_reason_and_both_values(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders")
    before = row_of(world, order_id).ship_to["city"]
    correct(world, order_id, city="Troy")
    [event] = world.rows("SELECT actor, why, detail FROM event WHERE kind = 'corrected'")
    assert (event.actor, event.why) == ("ann", "called the customer")
    assert event.detail == {"changed": {"city": [before, "Troy"]}}
    assert row_of(world, order_id).corrected_by == "ann"


def test_a_change_in_the_store_overtakes_the_correction_and_a_person_looks(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    correct(world, order_id, name="Ann Corrected")
    world.shop.store.edit(order_id, CustomerComments="please hurry")
    world.go(*FURTHER)
    assert world.state_of(order_id) == ["held"]
    row = row_of(world, order_id)
    assert (row.reason, row.corrected_by) == (CORRECTION_OVERTAKEN, None)
    assert row.ship_to["name"] != "Ann Corrected"
    assert world.references() == {}
    with world.ledger.begin() as connection:
        holds.release_holds(connection, "demo", ANN)
    world.go(*FURTHER)
    assert world.state_of(order_id) == ["acknowledged"]
    assert sent_name(world) == row.ship_to["name"]


def test_a_restart_discards_the_correction(world: World) -> None:
    [order_id] = world.place()
    world.go("import_orders", "validate_mappings")
    correct(world, order_id, name="Ann Corrected")
    with world.ledger.begin() as connection:
        order_actions.restart_order(connection, "demo", row_of(world, order_id).id, ANN)
    world.go(*FURTHER)
    assert world.state_of(order_id) == ["acknowledged"]
    assert sent_name(world) != "Ann Corrected"


@pytest.mark.parametrize(
    ("address", "reason", "why"),
    [({"name": "Bob"}, " ", "needs a reason"), ({}, "because", "Nothing was changed")],
)
def test_a_correction_without_reason_or_change_is_refused(
    world: World, address: dict[str, str], reason: str, why: str
) -> None:
    [order_id] = world.place()
    world.go("import_orders")
    with pytest.raises(TransitionRefused, match=why):
        correct(world, order_id, reason, **address)
    assert row_of(world, order_id).corrected_by is None


def test_only_an_order_that_waits_can_be_corrected(rows: Rows) -> None:
    refused = (
        "sending",
        "unknown",
        "acknowledged",
        "shipped",
        "cancelled",
        "skipped",
        "rejected",
        "conflict",
    )
    assert not CORRECTABLE & set(refused)
    for state in refused:
        with pytest.raises(TransitionRefused, match="cannot be corrected"):
            correct_order(rows.connection, "east", rows.order(state), {"name": "Bob"}, "Ground", "why", ANN)
    cancelled = rows.order("ready", cancel_wanted_at="2026-11-20T00:00:00Z")
    with pytest.raises(TransitionRefused, match="is to be cancelled"):
        correct_order(rows.connection, "east", cancelled, {"name": "Bob"}, "Ground", "why", ANN)
    with pytest.raises(TransitionRefused, match="no such order"):
        correct_order(rows.connection, "west", rows.order("ready"), {"name": "Bob"}, "Ground", "why", ANN)
    for state in sorted(CORRECTABLE):
        order = rows.order(state)
        correct_order(rows.connection, "east", order, {"name": "Bob"}, "Ground", "why", ANN)
        found = rows.connection.execute(
            text("SELECT state, ship_to ->> 'name' AS name FROM fulfillment_order WHERE id = :id"),
            {"id": order},
        ).one()
        assert found == ("imported", "Bob")
