"""Tracking as warehouses write it: the store has each package once, under its bare number."""

from __future__ import annotations

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.postback.test_further_packages import comments, fields
from tests.contract.shipments.shipped import at_warehouse, exceptions_by_kind, poll_and_post, sent, void
from tests.contract.world import SHIPPED, World


def shows(world: World, **rules: str | bool) -> None:
    """Have the warehouse write tracking in another way from now on, and touch every order so that it is read again."""
    state = world.shop.warehouse.state
    state.rules.update(rules)
    with state.lock:
        for order in state.book:
            state.book.touch(order, world.shop.clock.now())


def packages(world: World) -> list[tuple[str, bool]]:
    rows = world.rows("SELECT tracking, voided_at IS NOT NULL AS voided FROM package ORDER BY position")
    return [(row.tracking, row.voided) for row in rows]


@pytest.mark.parametrize("ids", ["unique", "zero"])
@pytest.mark.parametrize("written", ["bare", "routed", "grouped", "joined"])
@pytest.mark.parametrize("master", [False, True])
def test_two_packages_are_two_numbers_in_the_store_however_they_are_written(
    make_world: MakeWorld, written: str, ids: str, master: bool
) -> None:
    rules = {"tracking_written": written, "package_ids": ids, "master_numbers": master}
    world = make_world(warehouse_rules=rules)
    [order_id] = sent(world, ItemQuantity=2.0)
    floor = world.shop.warehouse.floor
    [order] = floor.ship(at_warehouse(world, order_id), packages=2, carrier="USPS")
    numbers = [package.tracking_number for package in order.packages]
    poll_and_post(world)
    assert world.tracking(order_id) == ", ".join(numbers)
    assert packages(world) == [(number, False) for number in numbers]
    assert (world.store_status(order_id), exceptions_by_kind(world)) == (SHIPPED, {})


def test_a_note_is_posted_as_a_status_without_a_number(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"tracking_written": "note"})
    [order_id] = sent(world)
    world.ship(order_id)
    poll_and_post(world)
    assert (world.tracking(order_id), world.store_status(order_id)) == ("", SHIPPED)


def test_a_note_that_becomes_a_number_is_posted(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"tracking_written": "note"})
    [order_id] = sent(world)
    [number] = world.ship(order_id)
    poll_and_post(world)
    shows(world, tracking_written="bare")
    poll_and_post(world)
    assert world.tracking(order_id) == number


@pytest.mark.parametrize("mode", ["field", "shipments", "comments"])
def test_a_package_stays_the_same_when_the_warehouse_writes_its_number_in_another_way(
    make_world: MakeWorld, mode: str
) -> None:
    world = make_world(
        warehouse_rules={"tracking_written": "joined", "package_ids": "zero"},
        post_back={"further_packages": mode},
    )
    [order_id] = sent(world, ItemQuantity=2.0)
    numbers = world.ship(order_id, packages=2)
    poll_and_post(world)
    before = len(world.calls(method="PUT")), len(world.calls(method="POST"))
    for rules in (
        {"tracking_written": "grouped"},
        {"tracking_written": "bare", "package_ids": "unique"},
        {"tracking_shown": "parcel"},
        {"tracking_shown": "packages", "tracking_written": "joined"},
    ):
        shows(world, **rules)
        counts = poll_and_post(world)
        assert (counts["voided"], counts["withdrawn"], exceptions_by_kind(world)) == (0, 0, {}), rules
    assert packages(world) == [(number, False) for number in numbers]
    assert (len(world.calls(method="PUT")), len(world.calls(method="POST"))) == before
    shown = {"field": [", ".join(numbers)], "shipments": numbers, "comments": numbers[:1]}[mode]
    assert fields(world, order_id) == shown
    if mode == "comments":
        assert [line for line in comments(world, order_id) if "Tracking" in line] == [
            f"Tracking {numbers[1]} (UPS)"
        ]


def test_the_quantities_of_a_carton_with_several_numbers_count_once(make_world: MakeWorld) -> None:
    world = make_world(warehouse_rules={"package_ids": "zero"})
    [order_id] = sent(world, ItemQuantity=2.0)
    [number] = world.ship(order_id)
    [order] = at_warehouse(world, order_id)
    world.shop.warehouse.floor.correct([order], number, f"{number} / 1Z879E930346834440")
    poll_and_post(world)
    assert (world.state_of(order_id), exceptions_by_kind(world)) == (["shipped"], {})
    assert world.tracking(order_id) == f"{number}, 1Z879E930346834440"


def test_a_number_that_a_person_typed_as_a_barcode_is_not_posted_beside_itself(world: World) -> None:
    [order_id] = sent(world)
    [order] = world.shop.warehouse.floor.ship(at_warehouse(world, order_id), carrier="USPS")
    number = order.packages[0].tracking_number
    world.amend(order_id, shipment={"ShipmentTrackingCode": f"42094105{number}"})
    poll_and_post(world)
    assert world.tracking(order_id) == number
    void(world, order_id)
    poll_and_post(world)
    assert world.tracking(order_id) == ""
