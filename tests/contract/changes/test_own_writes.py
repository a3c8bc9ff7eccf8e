"""What Cartage itself wrote to the store is never an edit by a person, and events say only what happened."""

from __future__ import annotations

import pytest

from cartage.model.exceptions import Choice
from tests.contract.changes.changed import closed, cycle, events, look, open_exceptions, sent, watching
from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import at_warehouse as orders_at_warehouse
from tests.contract.shipments.shipped import decide_exception_as_person, poll_and_post, void
from tests.contract.world import ORDERS_STAGES, World


@pytest.fixture
def resending(make_world: MakeWorld) -> World:
    """A lane whose policy for edits is to resend."""
    return watching(make_world, edited="resend")


def method(world: World, order_id: int) -> str:
    shipment: dict[str, str] = world.shop.store.order(order_id)["ShipmentList"][0]
    return shipment["ShipmentMethodName"]


def shipped_and_posted(world: World, kind: str = "single", packages: int = 1) -> int:
    [order_id] = sent(world, kind)
    bought = method(world, order_id)
    world.ship(order_id, packages=packages)
    poll_and_post(world)
    assert method(world, order_id) != bought, "posting tracking writes the ship method"
    return order_id


@pytest.mark.parametrize("reopen", [True, False])
def test_a_ship_method_that_we_posted_is_no_edit_after_its_label_is_voided(
    resending: World, reopen: bool
) -> None:
    order_id = shipped_and_posted(resending)
    void(resending, order_id, reopen=reopen)
    poll_and_post(resending)
    assert resending.tracking(order_id) == ""
    for _ in range(2):
        cycle(resending)
    assert [exception.kind.value for exception in open_exceptions(resending)] == ["label_voided"]
    assert (events(resending, "changed_after_transfer"), closed(resending)) == ([], [])
    assert resending.references() == {resending.reference_of(order_id): 1}


def test_a_ship_method_of_a_label_whose_carrier_was_corrected_is_no_edit(resending: World) -> None:
    order_id = shipped_and_posted(resending)
    [order] = orders_at_warehouse(resending, order_id)
    resending.shop.warehouse.floor.void([order], reopen=True)
    resending.shop.warehouse.floor.ship([order], carrier="FedEx")
    poll_and_post(resending)
    void(resending, order_id, reopen=True)
    poll_and_post(resending)
    cycle(resending)
    assert [exception.kind.value for exception in open_exceptions(resending)] == ["label_voided"]


def test_a_ship_method_that_a_person_sets_after_a_void_is_an_edit(make_world: MakeWorld) -> None:
    world = watching(make_world)
    order_id = shipped_and_posted(world)
    void(world, order_id, reopen=True)
    poll_and_post(world)
    world.amend(order_id, shipment={"ShipmentMethodName": "Overnight by person"})
    cycle(world)
    [edit] = [each for each in open_exceptions(world) if each.kind.value == "edited_after_transfer"]
    assert edit.message.endswith("ship method")
    assert events(world, "changed_after_transfer") == ["ship method"]


def test_what_is_resent_after_our_post_back_has_the_buyer_s_ship_method(make_world: MakeWorld) -> None:
    world = watching(make_world)
    [order_id] = sent(world)
    bought = method(world, order_id)
    world.ship(order_id)
    poll_and_post(world)
    void(world, order_id, reopen=True)
    poll_and_post(world)
    [order] = orders_at_warehouse(world, order_id)
    world.shop.warehouse.desk.cancel(order, order.etag, {"reason": "broken"})
    poll_and_post(world)
    decide_exception_as_person(world, "cancelled_by_warehouse", Choice.RESEND.value)
    for _ in range(3):
        cycle(world)
    rows = world.rows("SELECT ship_method, state FROM fulfillment_order ORDER BY generation")
    assert [(row.ship_method, row.state) for row in rows] == [(bought, "cancelled"), (bought, "acknowledged")]


def test_our_lines_in_the_internal_comments_are_no_edit(make_world: MakeWorld) -> None:
    world = make_world(
        schedules={"sweep_every": "1s", "watch_every": "1s"}, post_back={"further_packages": "comments"}
    )
    [order_id] = world.place()
    world.amend(order_id, line={"ItemQuantity": 2.0})
    world.shop.store.edit(order_id, InternalComments="Call before delivery", OrderStatusID=1)
    world.go(*ORDERS_STAGES)
    before = len(events(world, "changed_after_transfer"))
    world.ship(order_id, packages=2)
    poll_and_post(world)
    assert "Tracking" in world.shop.store.order(order_id)["InternalComments"]
    world.shop.store.edit(order_id, CustomerComments="please ring twice")
    cycle(world)
    assert events(world, "changed_after_transfer")[before:] == ["comments"]
    [row] = world.rows("SELECT document ->> 'internal_comments' AS comments FROM sales_order")
    assert row.comments == "Call before delivery"


def test_a_shipment_that_we_created_becomes_no_order(make_world: MakeWorld) -> None:
    world = make_world(
        schedules={"sweep_every": "1s", "watch_every": "1s"}, post_back={"further_packages": "shipments"}
    )
    [order_id] = world.place("multi_ship_to")
    world.shop.store.edit(order_id, OrderStatusID=1)
    world.go(*ORDERS_STAGES)
    # A part that is skipped still follows the store.
    world.execute(
        "UPDATE fulfillment_order SET state = 'skipped', reason = 'by hand' WHERE shipment_id ="
        " (SELECT max(shipment_id) FROM fulfillment_order)"
    )
    groups = len(world.rows("SELECT FROM fulfillment_order"))
    world.ship(order_id, packages=2)
    poll_and_post(world)
    assert len(world.shop.store.order(order_id)["ShipmentList"]) == groups + 1
    look(world)
    assert len(world.rows("SELECT FROM fulfillment_order")) == groups


def test_an_edit_that_is_undone_before_it_is_resent_was_not_resent(make_world: MakeWorld) -> None:
    world = watching(make_world)
    [order_id] = sent(world)
    before = world.shop.store.order(order_id)["ShipmentList"][0]["ShipmentAddress"]
    world.amend(order_id, shipment={"ShipmentAddress": "9 Elm Street"})
    cycle(world)
    decide_exception_as_person(world, "edited_after_transfer", Choice.RESEND.value)
    # The ledger learns of it, but the run dies before it ends the exception: the decision is still to be carried out.
    world.amend(order_id, shipment={"ShipmentAddress": before})
    world.execute(
        "UPDATE sales_order SET document ="
        " jsonb_set(document, '{groups,0,ship_to,address1}', to_jsonb(CAST(:street AS text)))",
        street=before,
    )
    world.send()
    assert closed(world) == [("edited_after_transfer", "resend", "changed back in the store")]
    assert world.references() == {world.reference_of(order_id): 1}


def test_an_address_that_was_edited_is_noted_once_and_not_again_with_our_own_write(
    make_world: MakeWorld,
) -> None:
    world = watching(make_world)
    [order_id] = sent(world)
    world.amend(order_id, shipment={"ShipmentAddress": "9 Elm Street"})
    cycle(world)
    decide_exception_as_person(world, "edited_after_transfer", Choice.IGNORE.value)
    world.ship(order_id)
    poll_and_post(world)
    cycle(world)
    world.shop.store.edit(order_id, CustomerComments="please ring twice")
    cycle(world)
    assert events(world, "changed_after_transfer") == ["ship-to address (address1)", "comments"]


def test_the_timeline_says_whether_tracking_was_written_found_or_removed(make_world: MakeWorld) -> None:
    world = watching(make_world)
    order_id = shipped_and_posted(world)
    kinds = "SELECT kind, why FROM event WHERE kind LIKE 'tracking%' ORDER BY id"
    assert [(row.kind, row.why) for row in world.rows(kinds)] == [("tracking_posted", "")]
    void(world, order_id, reopen=True)
    poll_and_post(world)
    assert [(row.kind, row.why) for row in world.rows(kinds)][1:] == [("tracking_removed", "")]
    [number] = world.ship(order_id)
    world.amend(order_id, shipment={"ShipmentTrackingCode": number})
    poll_and_post(world)
    assert [(row.kind, row.why) for row in world.rows(kinds)][2:] == [
        ("tracking_posted", "the store had it already")
    ]


def test_a_shipment_without_a_number_posts_no_tracking(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"tracking_written": "note"})
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    assert world.rows("SELECT FROM event WHERE kind LIKE 'tracking%'") == []
    assert len(events(world, "status_posted")) == 2


def test_a_status_that_the_store_had_already_is_not_said_to_be_posted_by_us(make_world: MakeWorld) -> None:
    world = watching(make_world)
    [order_id] = sent(world)
    world.ship(order_id)
    world.shop.store.edit(order_id, OrderStatusID=4)
    poll_and_post(world)
    assert events(world, "status_posted")[-1] == "Shipped: the store had it already"


@pytest.mark.parametrize("moves", ["never", "single"])
@pytest.mark.parametrize("kind", ["single", "multi_ship_to"])
def test_a_status_that_we_wrote_before_the_lane_s_statuses_changed_is_no_person_s(
    make_world: MakeWorld, kind: str, moves: str
) -> None:
    schedules = {"sweep_every": "1s", "watch_every": "1s"}
    world = make_world(schedules=schedules, store_rules={"shipment_status_moves_order": moves})
    [order_id] = sent(world, kind)
    world.settings["store"]["processing_status"] = 9
    cycle(world)
    for place in range(len(world.state_of(order_id))):
        world.ship(order_id, place=place)
        assert poll_and_post(world)["person"] == 0
    cycle(world)
    poll_and_post(world)
    assert (world.store_status(order_id), events(world, "person_set_status")) == (4, [])
