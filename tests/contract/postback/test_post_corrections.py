"""A correction that a person made before sending is written to the store where the lane says so, and read back."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.lifecycle.transitions import By
from cartage.operations.corrections import correct_order
from tests.contract.conftest import MakeWorld
from tests.contract.world import CANCEL, ORDERS_STAGES, World

POSTS: dict[str, Any] = {"post_back": {"corrections": True}}
SHIPMENT = "PUT .*/Shipments/.*"
ANN = By("ann", "desk/1")


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(**POSTS)


def correct(world: World, order_id: int, ship_method: str | None = None, **address: str) -> None:
    [row] = world.rows(
        "SELECT id FROM fulfillment_order WHERE order_id = :order_id AND shipment_id = (SELECT min(shipment_id) "
        "FROM fulfillment_order WHERE order_id = :order_id)",
        order_id=order_id,
    )
    with world.ledger.begin() as connection:
        post = world.lane.post_back.corrections
        correct_order(connection, "demo", row.id, address, ship_method, "she called", ANN, post=post)


def imported(world: World, count: int = 1, kind: str = "single") -> list[int]:
    ids = world.place(kind, count)
    world.go("import_orders", "validate_mappings")
    return ids


def shipment(world: World, order_id: int) -> dict[str, Any]:
    found: dict[str, Any] = world.shop.store.order(order_id)["ShipmentList"][0]
    return found


def writes(world: World) -> int:
    return len(world.calls(method="PUT", path="/Shipments/"))


def watch(world: World) -> None:
    """Let the next run read what changed in orders that were sent."""
    world.execute("UPDATE lane_state SET watched_to = NULL, watch_claimed_at = NULL")


def said(world: World) -> list[tuple[str, str]]:
    rows = world.rows("SELECT kind, why FROM event WHERE kind LIKE 'correction%' ORDER BY id")
    return [(row.kind, row.why) for row in rows]


def test_the_store_gets_the_correction_once_and_it_stands(world: World) -> None:
    [order_id] = imported(world)
    correct(world, order_id, name="Ann Corrected", city="Albany", ship_method="FedEx 2Day®")
    before = shipment(world, order_id)
    world.execute("UPDATE fulfillment_order SET ship_method = 'UPS Ground'")
    counts = world.go(*ORDERS_STAGES)["mark_processing"]
    after = shipment(world, order_id)
    assert (after["ShipmentFirstName"], after["ShipmentLastName"]) == ("Ann", "Corrected")
    assert after["ShipmentCity"] == "Albany"
    assert after["ShipmentAddress"] == before["ShipmentAddress"]
    assert (counts["corrected"], counts["uncorrected"], writes(world)) == (1, 0, 1)
    [(kind, why)] = said(world)
    assert kind == "correction_posted"
    assert "name" in why and "city" in why and "Albany" not in why
    for _ in range(2):
        watch(world)
        world.go(*ORDERS_STAGES)
    assert writes(world) == 1
    assert world.state_of(order_id) == ["acknowledged"]
    assert world.rows("SELECT FROM exception") == world.rows("SELECT FROM hold") == []
    assert world.rows("SELECT FROM event WHERE kind = 'changed_after_transfer'") == []


def test_a_blocked_order_is_corrected_in_the_store_and_not_taken_for_an_edit(world: World) -> None:
    [order_id] = imported(world)
    correct(world, order_id, city="Albany")
    # Only this stage: the order is still to be validated, and the next readings of the store show our own write.
    assert world.go("mark_processing")["mark_processing"]["corrected"] == 1
    found = world.go("import_orders")["import_orders"]
    assert (found["unchanged"], found["changed"]) == (1, 0)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    [request] = [row.request for row in world.rows("SELECT request FROM transfer")]
    assert request["ship_to"]["city"] == "Albany"
    assert world.rows("SELECT FROM hold") == []


def test_lists_that_still_show_the_old_address_do_not_bring_it_back(make_world: MakeWorld) -> None:
    world = make_world(**POSTS)
    [order_id] = imported(world)
    world.shop.store.state.rules.update({"lists_lag_seconds": 3600.0})
    correct(world, order_id, city="Albany")
    assert world.go("mark_processing")["mark_processing"]["corrected"] == 1
    assert world.go("import_orders")["import_orders"]["changed"] == 0
    world.go(*ORDERS_STAGES)
    [request] = [row.request for row in world.rows("SELECT request FROM transfer")]
    assert request["ship_to"]["city"] == "Albany"


def test_nothing_is_written_where_the_lane_does_not_say_so(make_world: MakeWorld) -> None:
    world = make_world()
    [order_id] = imported(world)
    before = shipment(world, order_id)
    correct(world, order_id, city="Albany")
    world.go(*ORDERS_STAGES)
    assert shipment(world, order_id)["ShipmentCity"] == before["ShipmentCity"] != "Albany"
    assert (writes(world), said(world)) == (0, [])


@pytest.mark.parametrize(
    ("rule", "why"),
    [("ignored", "the store accepted it and still shows another city"), ("refused", "the store refused it")],
)
def test_a_store_that_does_not_take_addresses_is_on_the_timeline_and_asked_once(
    make_world: MakeWorld, rule: str, why: str
) -> None:
    world = make_world(store_rules={"shipment_address_writes": rule}, **POSTS)
    first, other = imported(world, 2)
    correct(world, first, city="Albany")
    counts = world.go(*ORDERS_STAGES)["mark_processing"]
    assert (counts["uncorrected"], counts["posted"]) == (1, 2)
    assert [(kind, text[: len(why)]) for kind, text in said(world)] == [("correction_not_posted", why)]
    world.go(*ORDERS_STAGES)
    assert writes(world) == 1
    # What the warehouse got is right all the same.
    assert world.state_of(first) == world.state_of(other) == ["acknowledged"]
    assert world.rows("SELECT FROM exception") == []


def test_what_somebody_changed_in_the_store_meanwhile_stands(world: World) -> None:
    [order_id] = imported(world)
    correct(world, order_id, city="Albany")
    world.amend(order_id, shipment={"ShipmentCity": "Boston"})
    assert world.go("mark_processing")["mark_processing"]["uncorrected"] == 1
    assert shipment(world, order_id)["ShipmentCity"] == "Boston"
    assert said(world) == [("correction_not_posted", "the store has another city by now, which stands.")]
    world.go("import_orders", "validate_mappings")
    assert world.state_of(order_id) == ["held"]


def test_an_order_that_the_store_has_cancelled_is_left_alone(world: World) -> None:
    [order_id] = imported(world)
    correct(world, order_id, city="Albany")
    world.shop.store.edit(order_id, OrderStatusID=CANCEL)
    assert world.go("mark_processing")["mark_processing"]["uncorrected"] == 1
    assert writes(world) == 0


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_response_is_settled_by_reading_and_the_write_repeated_only_if_needed(
    world: World, moment: Any
) -> None:
    [order_id] = imported(world)
    correct(world, order_id, city="Albany")
    world.store_fault(SHIPMENT, "reset", moment)
    assert world.go("mark_processing")["mark_processing"]["corrected"] == 0
    [row] = world.rows("SELECT correction_due_at, written_corrections FROM fulfillment_order")
    assert row.correction_due_at is not None
    assert [version["ship_to"]["city"] for version in row.written_corrections] == ["Albany"]
    # Between the two, a reading of the store takes our own write for nothing else.
    assert world.go("import_orders")["import_orders"]["changed"] == 0
    assert world.go("mark_processing")["mark_processing"]["corrected"] == 1
    assert shipment(world, order_id)["ShipmentCity"] == "Albany"
    assert [kind for kind, _ in said(world)] == ["correction_posted"]


def test_a_second_correction_replaces_the_first_in_the_store(world: World) -> None:
    [order_id] = imported(world)
    correct(world, order_id, city="Albany")
    world.go("mark_processing")
    correct(world, order_id, city="Boston", company="Example Ltd")
    assert world.go("import_orders", "mark_processing")["mark_processing"]["corrected"] == 1
    after = shipment(world, order_id)
    assert (after["ShipmentCity"], after["ShipmentCompany"]) == ("Boston", "Example Ltd")
    assert world.go("import_orders")["import_orders"]["changed"] == 0


def test_a_later_edit_of_the_store_counts_with_the_correction_in_it(world: World) -> None:
    [order_id] = imported(world)
    correct(world, order_id, city="Albany")
    world.go(*ORDERS_STAGES)
    world.amend(order_id, shipment={"ShipmentAddress": "99 New Road"})
    watch(world)
    world.go(*ORDERS_STAGES)
    [found] = world.rows("SELECT kind, message FROM exception")
    assert found.kind == "edited_after_transfer"
    assert "address1" in found.message and "city" not in found.message


def test_one_order_that_the_store_cannot_show_stops_no_other(world: World) -> None:
    broken, missing, sound = imported(world, 3)
    for order_id in (broken, missing, sound):
        correct(world, order_id, city="Albany")
    world.store_fault(f"GET .*/Orders/{broken}$", "status", nth=0, status=500)
    world.store_fault(f"GET .*/Orders/{missing}$", "status", nth=0, status=404)
    counts = world.go("mark_processing")["mark_processing"]
    assert (counts["corrected"], counts["uncorrected"]) == (1, 1)
    assert shipment(world, sound)["ShipmentCity"] == "Albany"
    [waiting] = world.rows("SELECT order_id FROM fulfillment_order WHERE correction_due_at IS NOT NULL")
    assert waiting.order_id == broken


def test_a_text_that_is_too_long_for_the_store_is_not_written(world: World) -> None:
    [order_id] = imported(world)
    correct(world, order_id, city="x" * 60)
    assert world.go("mark_processing")["mark_processing"]["uncorrected"] == 1
    assert writes(world) == 0
    assert "city: the store has no room" in said(world)[0][1]


def test_a_correction_of_one_ship_to_leaves_the_others(world: World) -> None:
    [order_id] = imported(world, kind="multi_ship_to")
    others = [row["ShipmentCity"] for row in world.shop.store.order(order_id)["ShipmentList"]][1:]
    assert others
    correct(world, order_id, city="Albany")
    assert world.go(*ORDERS_STAGES)["mark_processing"]["corrected"] == 1
    cities = [row["ShipmentCity"] for row in world.shop.store.order(order_id)["ShipmentList"]]
    assert cities == ["Albany", *others]
    watch(world)
    world.go(*ORDERS_STAGES)
    assert world.rows("SELECT FROM exception") == []
