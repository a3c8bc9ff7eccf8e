"""An odd row of the warehouse stops no other: it is kept, named, shown, and read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cartage_sandbox.kernel.faults import Fault
from tests.contract.conftest import MakeWorld
from tests.contract.shipments.shipped import at_warehouse, cancel_at_warehouse, sent
from tests.contract.warehouses.damaged import Damage, damaged_order
from tests.contract.world import World


@contextmanager
def damaged(world: World, order_id: int, damage: Damage) -> Iterator[None]:
    """Damage an order in every response of the warehouse."""
    [order] = at_warehouse(world, order_id)
    with damaged_order(order, damage):
        yield


def ship_each(world: World, order_ids: list[int]) -> None:
    for order_id in order_ids:
        world.ship(order_id)


def poll(world: World) -> dict[str, int]:
    return world.go("poll_tracking")["poll_tracking"]


def unread(world: World) -> list[Any]:
    return list(world.rows("SELECT kind, name, what, remote_id FROM unreadable_row ORDER BY id"))


def null_package(row: dict[str, Any]) -> None:
    row["readOnly"]["packages"] = [None]


def no_list(row: dict[str, Any]) -> None:
    row["readOnly"]["packages"] = "none"


def unknown_status(row: dict[str, Any]) -> None:
    row["readOnly"]["status"] = 7


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (null_package, "readOnly.packages[]"),
        (no_list, "readOnly.packages"),
        (unknown_status, "readOnly.status"),
    ],
)
def test_49_of_50_are_taken_in_and_the_odd_one_is_kept_named_and_shown(
    world: World, damage: Damage, place: str
) -> None:
    orders = sent(world, count=50)
    odd = orders[0]
    ship_each(world, orders)
    with damaged(world, odd, damage):
        counts = poll(world)
    assert (counts["shipped"], counts["unreadable"]) == (49, 1)
    [row] = unread(world)
    assert (row.kind, row.name, row.what) == ("order", world.reference_of(odd), place)
    assert world.causes() == {"unreadable_at_warehouse": 1}


def test_the_odd_order_is_read_again_once_the_cursor_has_passed_it(make_world: MakeWorld) -> None:
    world = make_world(warehouse={"poll_overlap": "1s"})
    odd, other = sent(world, count=2)
    world.ship(odd)
    with damaged(world, odd, null_package):
        poll(world)
        world.ship(other)
        assert poll(world)["shipped"] == 1
        assert len(unread(world)) == 1
        # The list does not have the order any more: only its number leads to it.
        world.execute("UPDATE warehouse_state SET shipments_cursor = '2990-01-01T00:00:00'")
        assert poll(world)["unreadable"] == 1
    assert poll(world)["shipped"] == 1
    assert world.state_of(odd) == ["shipped"]
    assert unread(world) == []
    world.go("validate_mappings")
    assert world.causes() == {}


def test_two_orders_with_one_number_are_both_kept_until_they_differ_and_stop_no_other(world: World) -> None:
    orders = sent(world, count=3)
    ship_each(world, orders)
    [[first], [second]] = [at_warehouse(world, order_id) for order_id in orders[:2]]

    def with_number_of_other(row: dict[str, Any]) -> None:
        row["readOnly"]["orderId"] = second.order_id

    with damaged(world, orders[0], with_number_of_other):
        counts = poll(world)
    assert (counts["shipped"], counts["unreadable"]) == (1, 2)
    assert {(row.name, row.what, row.remote_id) for row in unread(world)} == {
        (first.reference, "readOnly.orderId", ""),
        (second.reference, "readOnly.orderId", ""),
    }
    assert poll(world)["shipped"] == 2
    assert unread(world) == []


@pytest.mark.parametrize(
    "stamp",
    ["2026-11-01T10:00:00Z", "11/01/2026 10:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "soon", 7],
)
def test_no_time_stamp_of_a_row_stops_the_intake(world: World, stamp: object) -> None:
    odd, other = sent(world, count=2)
    ship_each(world, [odd, other])

    def damage(row: dict[str, Any]) -> None:
        names = ("lastModifiedDate", "processDate", "shipDate", "loadOutDoneDate")
        row["readOnly"] |= dict.fromkeys(names, stamp)

    with damaged(world, odd, damage):
        assert poll(world)["shipped"] == 2
    assert poll(world)["unreadable"] == 0


def test_a_stamp_in_the_far_future_does_not_carry_the_cursor_with_it(world: World) -> None:
    odd, other = sent(world, count=2)
    world.ship(odd)

    def damage(row: dict[str, Any]) -> None:
        row["readOnly"]["lastModifiedDate"] = "2199-01-01T00:00:00"

    with damaged(world, odd, damage):
        poll(world)
    world.ship(other)
    assert poll(world)["shipped"] == 1


def test_a_numeric_tracking_number_is_a_number(world: World) -> None:
    [order_id] = sent(world)
    world.ship(order_id)

    def damage(row: dict[str, Any]) -> None:
        row["readOnly"]["packages"][0]["trackingNumber"] = 9400100000000001
        row["routingInfo"].pop("trackingNumber", None)
        row.pop("parcelResponse", None)

    with damaged(world, order_id, damage):
        poll(world)
    assert [row.tracking for row in world.rows("SELECT tracking FROM package")] == ["9400100000000001"]


@pytest.mark.parametrize("reference", ["{0}-CANCELED-{1}", "VOID {1}"])
def test_a_cancelled_order_is_known_under_whatever_reference_it_was_renamed_to(
    world: World, reference: str
) -> None:
    [order_id] = sent(world)
    [order] = at_warehouse(world, order_id)
    cancel_at_warehouse(world, order)
    world.shop.warehouse.state.book.rename(order, reference.format(order.reference, order.order_id))
    assert poll(world)["cancelled"] == 1
    assert world.state_of(order_id) == ["cancelled"]


def test_a_service_goes_out_by_its_code_and_is_shown_by_its_name(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"needs_known_service": True})
    [order_id] = sent(world)
    [order] = at_warehouse(world, order_id)
    assert (order.document["routingInfo"]["carrier"], order.document["routingInfo"]["mode"]) == ("UPS", "03")
    world.ship(order_id)
    poll(world)
    assert [row.service for row in world.rows("SELECT service FROM package")] == ["Ground"]


def test_orders_that_stay_incomplete_are_reported(make_world: MakeWorld) -> None:
    world = make_world(warehouse={"defer_notification": True})
    sent(world)
    [order] = world.shop.warehouse.state.book
    assert order.incomplete
    context = world.context("preflight")
    fresh = {seen.thing: seen for seen in context.warehouse.inspect()}["open orders"]
    assert not fresh.warns
    order.created_at = order.created_at.replace(year=order.created_at.year - 1)
    late = {seen.thing: seen for seen in context.warehouse.inspect()}["open orders"]
    context.close()
    assert late.warns and order.reference in late.text


def test_an_odd_row_of_stock_leaves_its_sku_without_a_figure_and_stops_no_other(world: World) -> None:
    world.settings["inventory"] = {}
    world.stock("MUG", "TEA", "CUP")
    rows = [
        {"itemIdentifier": {"sku": "MUG"}, "onHand": 5, "available": 5, "facilityId": 1},
        {"itemIdentifier": {"sku": "MUG"}, "onHand": 5, "available": "many", "facilityId": 1},
        {"itemIdentifier": {"sku": "TEA"}, "onHand": 2, "available": 2, "facilityId": 1},
        None,
    ]
    body = json.dumps({"totalResults": 4, "summaries": rows})
    world.shop.warehouse.faults.add(Fault("stocksummaries", "status", status=200, body=body, nth=0))
    counts = world.go("poll_stock")["poll_stock"]
    assert (counts["skus"], counts["unreadable"]) == (1, 2)
    assert {(row.kind, row.name) for row in unread(world)} == {("stock", "MUG"), ("stock", "")}
    world.shop.warehouse.faults.clear()
    assert world.go("poll_stock")["poll_stock"]["unreadable"] == 0
    assert unread(world) == []


@pytest.mark.parametrize("odd", ["onHand", "allocated", "onHold"])
@pytest.mark.parametrize("value", ["many", [], {}, True])
def test_a_figure_that_the_store_does_not_need_costs_no_sku_its_level(
    world: World, odd: str, value: object
) -> None:
    world.settings["inventory"] = {}
    world.stock("MUG")
    row = {"itemIdentifier": {"sku": "MUG"}, "available": 5, "facilityId": 1, odd: value}
    body = json.dumps({"totalResults": 1, "summaries": [row]})
    world.shop.warehouse.faults.add(Fault("stocksummaries", "status", status=200, body=body, nth=0))
    counts = world.go("poll_stock")["poll_stock"]
    assert (counts["skus"], counts["unreadable"]) == (1, 0)
    [level] = world.rows("SELECT available, on_hand FROM stock_level WHERE sku = 'MUG'")
    assert (level.available, level.on_hand) == (5, 5)
    assert unread(world) == []
