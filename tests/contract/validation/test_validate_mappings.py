"""Validation: every fault blocks only its own order, with its cause, and fixing the cause releases all orders."""

from __future__ import annotations

import pytest

from cartage_sandbox.generate import UNKNOWN_SKUS, UNMAPPED_METHOD
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, World

FAULTS = {
    "unmapped_method": {"unmapped_ship_method"},
    "unknown_sku": {"unknown_sku"},
    "missing_address": {"address_incomplete"},
    "huge_comment": {"field_too_long"},
    "null_items": {"no_lines"},
    "no_items": {"no_lines"},
    "fractional_quantity": {"quantity_not_whole"},
    "empty_sku": {"empty_sku"},
}


def causes_of(world: World, order_id: int) -> set[str]:
    rows = world.rows(
        "SELECT c.kind FROM fulfillment_order f JOIN cause c ON c.id = ANY(f.cause_ids)"
        " WHERE f.order_id = :id",
        id=order_id,
    )
    kinds = [row.kind for row in rows]
    assert len(kinds) == len(set(kinds)), f"one fault, several causes of one kind: {kinds}"
    return set(kinds)


def test_each_fault_blocks_its_order_alone_with_its_cause(world: World) -> None:
    bad = {kind: world.place(kind)[0] for kind in FAULTS}
    good = world.place("single", 3)
    world.go(*ORDERS_STAGES)
    assert {kind: causes_of(world, order_id) for kind, order_id in bad.items()} == FAULTS
    assert {kind: world.state_of(order_id) for kind, order_id in bad.items()} == {
        kind: ["blocked"] for kind in FAULTS
    }
    assert [world.state_of(order) for order in good] == [["acknowledged"]] * 3
    assert len(world.references()) == 3
    assert [world.store_status(order) for order in good] == [2, 2, 2]


def test_an_order_without_shipments_is_blocked_not_lost(world: World) -> None:
    orders = [world.place(kind)[0] for kind in ("null_shipments", "no_shipment")]
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order) for order in orders] == [["blocked"], ["blocked"]]
    assert world.references() == {}


def test_every_cause_of_an_order_is_named_at_once(world: World) -> None:
    [order_id] = world.place("single")
    world.amend(
        order_id,
        shipment={"ShipmentAddress": "", "ShipmentMethodName": UNMAPPED_METHOD},
        line={"ItemID": "GONE-404", "ItemQuantity": 1.5},
    )
    world.go(*ORDERS_STAGES)
    assert causes_of(world, order_id) == {
        "address_incomplete",
        "unmapped_ship_method",
        "unknown_sku",
        "quantity_not_whole",
    }


def test_adding_the_item_at_the_warehouse_releases_every_order_that_it_blocked(world: World) -> None:
    orders = world.place("unknown_sku", 4)
    for order_id in orders:
        world.amend(order_id, line={"ItemID": UNKNOWN_SKUS[0]}, place=-1)
    world.go(*ORDERS_STAGES)
    assert world.causes() == {"unknown_sku": 4}
    world.stock(UNKNOWN_SKUS[0])
    counts = world.go(*ORDERS_STAGES)
    assert counts["validate_mappings"]["ready"] == 4
    assert [world.state_of(order) for order in orders] == [["acknowledged"]] * 4
    assert world.causes() == {}


def test_adding_the_mapping_releases_every_order_that_lacked_it(world: World) -> None:
    orders = world.place("unmapped_method", 3)
    world.go(*ORDERS_STAGES)
    assert world.causes() == {"unmapped_ship_method": 3}
    world.settings["ship_methods"].append(
        {"store": UNMAPPED_METHOD, "carrier": "FedEx", "service": "Home Delivery"}
    )
    counts = world.go(*ORDERS_STAGES)
    assert counts["validate_mappings"]["causes_closed"] == 1
    assert [world.state_of(order) for order in orders] == [["acknowledged"]] * 3
    sent = next(iter(world.shop.warehouse.state.book)).document["routingInfo"]
    assert (sent["carrier"], sent["mode"]) == ("FedEx", "90")


def test_correcting_the_order_in_the_store_releases_it(world: World) -> None:
    [order_id] = world.place("missing_address")
    world.go(*ORDERS_STAGES)
    world.amend(order_id, shipment={"ShipmentAddress": "12 Harbor Road"})
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    assert world.causes() == {}


def test_of_two_causes_the_one_that_is_not_fixed_keeps_blocking(world: World) -> None:
    [order_id] = world.place("unmapped_method")
    world.amend(order_id, line={"ItemID": "GONE-404"})
    world.go(*ORDERS_STAGES)
    assert causes_of(world, order_id) == {"unmapped_ship_method", "unknown_sku"}
    world.stock("GONE-404")
    world.go(*ORDERS_STAGES)
    assert causes_of(world, order_id) == {"unmapped_ship_method"}
    assert world.causes() == {"unmapped_ship_method": 1}


def test_an_order_that_stays_blocked_for_the_same_causes_costs_no_event(world: World) -> None:
    world.place("unmapped_method")
    world.go(*ORDERS_STAGES)
    before = world.rows("SELECT count(*) AS n FROM event")
    world.go(*ORDERS_STAGES)
    assert world.rows("SELECT count(*) AS n FROM event") == before


def test_a_deactivated_item_blocks_until_it_is_active_again(world: World) -> None:
    [order_id] = world.place("single")
    sku = world.shop.store.order(order_id)["OrderItemList"][0]["ItemID"]
    world.stock(sku, active=False)
    world.go(*ORDERS_STAGES)
    assert causes_of(world, order_id) == {"inactive_item"}
    world.stock(sku, active=True)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]


def test_a_sku_in_the_wrong_case_is_sent_as_the_warehouse_spells_it(world: World) -> None:
    [order_id] = world.place("wrong_case_sku")
    asked = world.shop.store.order(order_id)["OrderItemList"][0]["ItemID"]
    world.go(*ORDERS_STAGES)
    [row] = world.rows("SELECT request FROM fulfillment_order")
    [line] = row.request["lines"]
    assert world.state_of(order_id) == ["acknowledged"]
    assert line["sku"] != asked
    assert line["sku"].casefold() == asked.casefold()
    assert next(iter(world.shop.warehouse.state.book)).lines[0].item.sku == line["sku"]


@pytest.mark.parametrize("with_comments", [True, False])
def test_comments_are_sent_only_if_the_lane_says_so(make_world: MakeWorld, with_comments: bool) -> None:
    world = make_world()
    world.settings["warehouse"]["texts"] = ["customer_comments"] if with_comments else []
    world.place("single", CustomerComments="Leave at the <b>door</b>")
    world.go(*ORDERS_STAGES)
    [row] = world.rows("SELECT request FROM fulfillment_order")
    assert row.request["notes"] == ("Leave at the door" if with_comments else "")


def test_a_fresh_catalogue_is_not_read_again_for_known_items(world: World) -> None:
    world.place("single", 2)
    world.go(*ORDERS_STAGES)
    before = len(world.shop.warehouse.journal.entries("request"))
    world.place("single", 2)
    world.go(*ORDERS_STAGES[:2])
    paths = [entry["path"] for entry in world.shop.warehouse.journal.entries("request")[before:]]
    assert [path for path in paths if "/items" in path] == []
