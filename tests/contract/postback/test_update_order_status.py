"""Post back: the store shows the truth, forward only, each package once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from cartage.dispatch import stage
from cartage.errors import AuthFailed
from cartage.lifecycle.claims import claim_orders, release_claims
from cartage.postback import store_reads
from cartage_sandbox.kernel.faults import Kind
from tests.contract.conftest import MakeWorld
from tests.contract.world import (
    CANCEL,
    HOLD,
    ORDERS_STAGES,
    PARTIAL,
    PROCESSING,
    SHIPMENT_STAGES,
    SHIPPED,
    World,
    at_once,
)

PUT_SHIPMENT = "PUT .*/Shipments/"
MOVES = pytest.mark.parametrize("moves", ["never", "single", "always"])


def sent(world: World, kind: str = "single", count: int = 1) -> list[int]:
    ids = world.place(kind, count)
    world.go(*ORDERS_STAGES)
    assert set(world.states()) == {"acknowledged"}
    return ids


def poll_and_post(world: World) -> dict[str, int]:
    return world.go(*SHIPMENT_STAGES)["update_order_status"]


def history(world: World, order_id: int) -> list[int]:
    """Return the statuses that the store's order went through, without repeats."""
    moves = [
        entry["detail"]["to"]
        for entry in world.shop.store.journal.entries("order.status")
        if entry["key"] == str(order_id)
    ]
    return [status for status, before in zip(moves, [None, *moves], strict=False) if status != before]


@MOVES
def test_a_shipped_order_gets_tracking_carrier_date_and_status(make_world: MakeWorld, moves: str) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    counts = poll_and_post(world)
    shipment = world.shop.store.order(order_id)["ShipmentList"][0]
    assert (shipment["ShipmentTrackingCode"], shipment["ShipmentMethodName"]) == (number, "UPS - Ground")
    shipped_at = next(iter(world.shop.warehouse.state.book)).processed_at
    assert shipped_at is not None
    local = shipped_at.astimezone(world.lane.store.zone())
    assert shipment["ShipmentShippedDate"] == f"{local:%m/%d/%Y %H:%M:%S}"
    assert (counts["posted"], counts["shipped"], counts["verified"]) == (1, 1, 1)
    assert history(world, order_id) == [PROCESSING, SHIPPED]
    assert world.tracking_written(order_id) == {"0": {number: 1}}


def test_two_packages_are_posted_together(world: World) -> None:
    [order_id] = sent(world, "multi_line")
    numbers = world.ship(order_id, packages=2)
    poll_and_post(world)
    assert world.tracking(order_id) == ", ".join(numbers)
    assert world.tracking_written(order_id) == {"0": {", ".join(numbers): 1}}
    assert world.store_status(order_id) == SHIPPED


@MOVES
def test_repeated_polls_post_nothing_twice(make_world: MakeWorld, moves: str) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    ids = sent(world, count=3)
    for order_id in ids:
        world.ship(order_id)
    poll_and_post(world)
    written = [(world.tracking_written(id_), world.statuses_written(id_)) for id_ in ids]
    calls = len(world.calls())
    for _ in range(3):
        assert poll_and_post(world)["orders"] == 0
    assert [(world.tracking_written(id_), world.statuses_written(id_)) for id_ in ids] == written
    assert all(statuses == {"2": 1, "4": 1} for _, statuses in written)
    assert len(world.calls()) == calls


@MOVES
def test_with_several_ship_tos_the_order_is_partial_until_the_last(make_world: MakeWorld, moves: str) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world, "multi_ship_to")
    groups = len(world.state_of(order_id))
    numbers = []
    for place in range(groups):
        assert SHIPPED not in history(world, order_id)
        numbers += world.ship(order_id, place=place)
        poll_and_post(world)
        assert world.store_status(order_id) == (SHIPPED if place == groups - 1 else PARTIAL)
    assert history(world, order_id) == [PROCESSING, PARTIAL, SHIPPED]
    assert [world.tracking(order_id, place) for place in range(groups)] == numbers
    assert all(list(codes.values()) == [1] for codes in world.tracking_written(order_id).values())


@MOVES
def test_a_partial_that_was_written_but_never_read_back_still_becomes_shipped(
    make_world: MakeWorld, moves: str
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world, "multi_ship_to")
    world.ship(order_id)
    poll_and_post(world)
    assert world.store_status(order_id) == PARTIAL
    # As if the run had died before it read its write back.
    world.execute("UPDATE sales_order SET verified_at = NULL, status_id = :read", read=PROCESSING)
    for place in range(1, len(world.state_of(order_id))):
        world.ship(order_id, place=place)
    poll_and_post(world)
    assert world.store_status(order_id) == SHIPPED


@MOVES
@pytest.mark.parametrize("kind", ["single", "multi_ship_to"])
def test_packages_and_status_are_recorded_as_posted_together_or_not_at_all(
    make_world: MakeWorld, kind: str, moves: str
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world, kind)
    for place in range(len(world.state_of(order_id))):
        world.ship(order_id, place=place)
    # The ledger fails when the status is recorded: everything else in the transaction must be rolled back.
    with (
        world.trigger("sales_order", "NEW.posted_status = 4", "RAISE EXCEPTION 'no room'"),
        pytest.raises(DBAPIError, match="no room"),
    ):
        poll_and_post(world)
    world.wait_out()
    poll_and_post(world)
    assert (world.store_status(order_id), world.seen().posted) == (SHIPPED, {SHIPPED: 1})
    assert all(list(codes.values()) == [1] for codes in world.tracking_written(order_id).values())


@MOVES
def test_a_partial_order_whose_last_part_is_cancelled_becomes_shipped(
    make_world: MakeWorld, moves: str
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world, "multi_ship_to")
    world.ship(order_id)
    poll_and_post(world)
    assert world.store_status(order_id) == PARTIAL
    world.execute(
        "UPDATE fulfillment_order SET state = 'cancelled' WHERE order_id = :id AND state = 'acknowledged'",
        id=order_id,
    )
    poll_and_post(world)
    assert history(world, order_id) == [PROCESSING, PARTIAL, SHIPPED]
    calls = len(world.calls())
    poll_and_post(world)
    assert len(world.calls()) == calls


@MOVES
def test_a_partial_that_a_restored_ledger_has_forgotten_still_becomes_shipped(
    make_world: MakeWorld, moves: str
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world, "multi_ship_to")
    world.ship(order_id)
    poll_and_post(world)
    assert world.store_status(order_id) == PARTIAL
    world.execute("DELETE FROM post_back")
    world.execute("UPDATE sales_order SET posted_status = :posted, status_id = :posted", posted=PROCESSING)
    for place in range(1, len(world.state_of(order_id))):
        world.ship(order_id, place=place)
    poll_and_post(world)
    assert world.store_status(order_id) == SHIPPED


@MOVES
def test_several_ship_tos_that_ship_at_once_are_shipped_at_once(make_world: MakeWorld, moves: str) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world, "multi_ship_to")
    numbers = [
        number
        for place in range(len(world.state_of(order_id)))
        for number in world.ship(order_id, place=place)
    ]
    poll_and_post(world)
    assert world.store_status(order_id) == SHIPPED
    assert [world.tracking(order_id, place) for place in range(len(numbers))] == numbers


@pytest.mark.parametrize("status", [CANCEL, HOLD])
def test_a_status_that_a_person_set_stands_and_tracking_is_still_written(world: World, status: int) -> None:
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    world.shop.store.edit(order_id, OrderStatusID=status)
    counts = poll_and_post(world)
    assert (counts["person"], counts["posted"]) == (1, 1)
    assert (world.store_status(order_id), world.tracking(order_id)) == (status, number)
    assert world.statuses_written(order_id) == {"2": 1}
    poll_and_post(world)
    assert (world.store_status(order_id), world.tracking_written(order_id)) == (status, {"0": {number: 1}})


def test_an_order_that_a_person_set_to_shipped_gets_its_tracking(world: World) -> None:
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    world.shop.store.edit(order_id, OrderStatusID=SHIPPED)
    poll_and_post(world)
    assert (world.tracking(order_id), world.statuses_written(order_id)) == (number, {"2": 1})
    assert world.seen().posted == {SHIPPED: 1}


@MOVES
@pytest.mark.parametrize("kind", ["reset", "truncate"])
def test_a_lost_response_is_settled_by_reading_and_not_written_again(
    make_world: MakeWorld, kind: Kind, moves: str
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    world.store_fault(PUT_SHIPMENT, kind, "after")
    assert poll_and_post(world)["unknown"] == 1
    counts = poll_and_post(world)
    assert (counts["posted"], counts["already"]) == (0, 1)
    assert world.tracking_written(order_id) == {"0": {number: 1}}
    assert (world.store_status(order_id), world.seen().posted) == (SHIPPED, {SHIPPED: 1})
    assert world.seen().packages_posted == 1


def test_a_write_lost_before_its_effect_is_repeated(world: World) -> None:
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    world.store_fault(PUT_SHIPMENT, "reset", "before")
    assert poll_and_post(world)["unknown"] == 1
    counts = poll_and_post(world)
    assert (counts["waiting"], counts["posted"]) == (1, 0), "the store may still carry it out"
    assert world.tracking_written(order_id) == {}
    world.wait_out()
    assert poll_and_post(world)["posted"] == 1
    assert world.tracking_written(order_id) == {"0": {number: 1}}
    assert world.statuses_written(order_id) == {"2": 1, "4": 1}


def test_what_a_failed_run_left_under_way_is_not_written_again_at_once(world: World) -> None:
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    world.store_fault(PUT_SHIPMENT, "reset", "before")
    lost = "NEW.outcome = 'unknown' AND NEW.error <> 'the run ended'"
    with (
        world.trigger("post_back", lost, "RAISE EXCEPTION 'deadlock'"),
        pytest.raises(Exception, match="deadlock"),
    ):
        poll_and_post(world)
    counts = poll_and_post(world)
    assert (counts["waiting"], counts["posted"]) == (1, 0)
    world.wait_out()
    assert poll_and_post(world)["posted"] == 1
    assert world.tracking(order_id) == number


def test_a_refused_write_stops_no_other(world: World) -> None:
    bad, good = sent(world, count=2)
    for order_id in (bad, good):
        world.ship(order_id)
    world.store_fault(f"PUT .*/Orders/{bad}/Shipments/", "status", nth=1, status=400)
    counts = poll_and_post(world)
    assert (counts["refused"], counts["posted"]) == (1, 1)
    assert (world.store_status(bad), world.store_status(good)) == (PROCESSING, SHIPPED)
    assert poll_and_post(world)["orders"] == 0, "what was refused a moment ago is not tried in every run"
    world.execute("UPDATE post_back SET finished_at = finished_at - interval '2 hours'")
    poll_and_post(world)
    assert world.store_status(bad) == SHIPPED


def test_wrong_credentials_fail_the_task_and_the_rest_is_posted_later(world: World) -> None:
    ids = sent(world, count=6)
    for order_id in ids:
        world.ship(order_id)
    world.store_fault(PUT_SHIPMENT, "status", nth=2, times=50, status=401)
    with pytest.raises(AuthFailed):
        poll_and_post(world)
    world.shop.store.faults.clear()
    poll_and_post(world)
    assert {world.store_status(id_) for id_ in ids} == {SHIPPED}
    assert all(list(world.tracking_written(id_)["0"].values()) == [1] for id_ in ids)


def test_a_shipment_without_packages_is_posted_as_a_status(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    next(iter(world.shop.warehouse.state.book)).packages.clear()
    poll_and_post(world)
    assert (world.store_status(order_id), world.tracking(order_id)) == (SHIPPED, "")
    assert poll_and_post(world)["orders"] == 0


def test_a_corrected_number_replaces_the_one_that_was_posted(world: World) -> None:
    [order_id] = sent(world)
    [old] = world.ship(order_id)
    poll_and_post(world)
    floor = world.shop.warehouse.floor
    floor.correct(floor.named([world.reference_of(order_id)]), old, "1ZCORRECTED")
    poll_and_post(world)
    assert world.tracking(order_id) == "1ZCORRECTED"
    assert world.tracking_written(order_id) == {"0": {old: 1, "1ZCORRECTED": 1}}


def test_tracking_is_never_written_with_a_null(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    bodies = [call["detail"] for call in world.calls(method="PUT", path="/Shipments/")]
    assert bodies
    assert all(None not in body.values() for body in bodies)


def test_two_runs_at_once_write_each_tracking_once(world: World) -> None:
    ids = sent(world, count=20)
    for order_id in ids:
        world.ship(order_id)
    world.go("poll_tracking")
    contexts = [world.context("update_order_status") for _ in range(3)]
    at_once(*[lambda context=context: stage("update_order_status")(context) for context in contexts])
    assert {world.store_status(id_) for id_ in ids} == {SHIPPED}
    assert all(list(world.tracking_written(id_)["0"].values()) == [1] for id_ in ids)


def test_an_order_that_another_run_has_claimed_is_left_to_it(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    world.go("poll_tracking")
    rows = [row.id for row in world.rows("SELECT id FROM sales_order")]
    with world.ledger.begin() as connection:
        assert claim_orders(connection, rows, owner="another run", lease=timedelta(hours=1)) == set(rows)
    world.go("update_order_status")
    assert world.tracking_written(order_id) == {}
    with world.ledger.begin() as connection:
        release_claims(connection, owner="another run")
    world.go("update_order_status")
    assert list(world.tracking_written(order_id)["0"].values()) == [1]


def test_the_parts_of_a_split_order_are_posted_as_they_ship(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"split_share": 1.0})
    [order_id] = sent(world, "multi_line")
    floor, numbers = world.shop.warehouse.floor, []
    for part in list(world.shop.warehouse.state.book):
        [shipped] = floor.ship([part])
        numbers.append(shipped.packages[0].tracking_number)
        poll_and_post(world)
        assert world.tracking(order_id) == ", ".join(numbers)
    assert len(numbers) == 2
    assert history(world, order_id) == [PROCESSING, PARTIAL, SHIPPED]
    assert world.tracking_written(order_id) == {"0": {numbers[0]: 1, ", ".join(numbers): 1}}


@MOVES
def test_a_lagging_list_loses_nothing(make_world: MakeWorld, moves: str) -> None:
    world = make_world(store_rules={"lists_lag_seconds": 600, "shipment_status_moves_order": moves})
    [order_id] = world.place("single")
    world.shop.clock.advance(601)
    world.go(*ORDERS_STAGES)
    world.shop.clock.advance(601)
    [number] = world.ship(order_id)
    poll_and_post(world)
    world.shop.clock.advance(601)
    poll_and_post(world)
    assert (world.store_status(order_id), history(world, order_id)) == (SHIPPED, [PROCESSING, SHIPPED])
    assert world.tracking_written(order_id) == {"0": {number: 1}}
    assert world.rows("SELECT FROM sales_order WHERE verified_at IS NULL") == []


@MOVES
@pytest.mark.parametrize("kind", ["single", "multi_ship_to"])
def test_an_order_that_ships_before_processing_was_posted_becomes_shipped(
    make_world: MakeWorld, kind: str, moves: str
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": moves})
    [order_id] = world.place(kind)
    world.go(*ORDERS_STAGES[:4])
    for place in range(len(world.state_of(order_id))):
        world.ship(order_id, place=place)
    poll_and_post(world)
    assert (world.store_status(order_id), world.seen().posted) == (SHIPPED, {SHIPPED: 1})


def test_more_packages_than_the_field_takes_are_posted_as_far_as_they_fit_and_cost_nothing_later(
    world: World,
) -> None:
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemQuantity": 7.0})
    world.go(*ORDERS_STAGES)
    numbers = world.ship(order_id, packages=7)
    poll_and_post(world)
    assert world.store_status(order_id) == SHIPPED
    assert world.tracking(order_id) == ", ".join(numbers[:5])
    calls = len(world.calls())
    poll_and_post(world)
    assert len(world.calls()) == calls


def test_an_order_that_is_gone_from_the_store_is_reported_once_and_costs_nothing_later(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    world.execute("UPDATE sales_order SET order_id = 999999")
    assert poll_and_post(world)["person"] == 1
    calls = len(world.calls())
    poll_and_post(world)
    poll_and_post(world)
    assert len(world.calls()) == calls
    assert len(world.rows("SELECT FROM event WHERE kind = 'person_set_status'")) == 1


def test_an_order_whose_date_was_edited_in_the_store_is_still_found(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)
    world.shop.store.edit(order_id, OrderDate="2024-01-01T10:00:00")
    assert poll_and_post(world)["posted"] == 1


def elsewhere(world: World) -> None:
    """Give the lane a wrong time zone: no list of the store shows its orders at the times that it asks for."""
    world.settings["store"]["time_zone"] = "Pacific/Auckland"


def test_orders_that_no_list_shows_are_posted_whatever_their_number(world: World) -> None:
    ids = sent(world, count=30)
    numbers = {order_id: world.ship(order_id)[0] for order_id in ids}
    elsewhere(world)
    counts = poll_and_post(world)
    assert (counts["posted"], counts["person"], counts["unread"]) == (30, 0, 0)
    assert {order_id: world.tracking(order_id) for order_id in ids} == numbers


def test_reads_by_id_are_bounded_and_the_other_orders_are_left_to_the_next_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_reads, "_BY_ID", 4)
    ids = sent(world, count=10)
    for order_id in ids:
        world.ship(order_id)
    elsewhere(world)
    posted: list[int] = []
    while len(posted) < 12 and sum(posted) < 10:
        before = len(world.calls(method="GET", path="/Orders/"))
        counts = poll_and_post(world)
        posted.append(counts["posted"])
        # Up to four to decide what to write, and one per written order to read it back.
        assert len(world.calls(method="GET", path="/Orders/")) - before <= 4 + counts["posted"] + 1
        assert counts["person"] == 0
    assert sum(posted) == 10
    assert max(posted) <= 4
    assert {world.store_status(order_id) for order_id in ids} == {SHIPPED}
    assert world.rows("SELECT FROM event WHERE kind = 'person_set_status'") == []


@pytest.mark.parametrize("body", ["[]", "{}", "[null]", '[{"OrderID": 1}]', "[[]]"])
def test_a_response_without_the_order_does_not_prove_that_it_is_gone(world: World, body: str) -> None:
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    elsewhere(world)
    world.store_fault(f"GET .*/Orders/{order_id}$", "status", status=200, body=body)
    counts = poll_and_post(world)
    assert (counts["unread"], counts["person"], counts["posted"]) == (1, 0, 0)
    assert poll_and_post(world)["posted"] == 1
    assert world.tracking(order_id) == number


def test_an_order_that_no_list_shows_is_not_confirmed_until_it_was_read(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(store_rules={"shipment_status_moves_order": "never"})
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    world.shop.store.edit(order_id, OrderStatusID=PROCESSING)  # the store lost the status
    world.execute("UPDATE sales_order SET verified_at = NULL, lease_owner = NULL, lease_until = NULL")
    elsewhere(world)
    monkeypatch.setattr(store_reads, "_BY_ID", 0)
    counts = poll_and_post(world)
    assert (counts["verified"], world.store_status(order_id)) == (0, PROCESSING)
    monkeypatch.setattr(store_reads, "_BY_ID", 5)
    counts = poll_and_post(world)
    assert (counts["verified"], world.store_status(order_id)) == (1, SHIPPED)
