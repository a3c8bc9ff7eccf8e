"""A warehouse may show an address in another spelling: after a lost response it is the same order, not a conflict."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.conftest import MakeWorld
from tests.contract.recovery.test_recovery import lose_the_ledger
from tests.contract.world import ORDERS_STAGES, World

BEFORE = ("import_orders", "validate_mappings")
POST_ORDERS = "POST .*/orders$"
PLACES = {
    "puerto rico as country": {"Country": "PR", "State": "", "ZipCode": "00901", "City": "San Juan"},
    "puerto rico as state": {"Country": "US", "State": "PR", "ZipCode": "901", "City": "San Juan"},
    "a lost zero": {"Country": "USA", "State": "New Jersey", "ZipCode": "7001", "City": "Avenel"},
    "canada": {"Country": "Canada", "State": "Ontario", "ZipCode": "k1a0b1", "City": "Ottawa"},
}


def place(world: World, where: str) -> int:
    [order_id] = world.place()
    fields = {f"Shipment{name}": value for name, value in PLACES[where].items()}
    world.amend(order_id, shipment={**fields, "ShipmentAddress": "12 Luna Street, Apartment 4"})
    return order_id


def there(world: World) -> dict[str, Any]:
    [order] = list(world.shop.warehouse.state.book)
    address: dict[str, Any] = order.document["shipTo"]
    return address


@pytest.mark.parametrize("territories", ["state", "country"])
@pytest.mark.parametrize("where", list(PLACES))
def test_a_lost_response_is_settled_although_the_warehouse_shows_the_address_in_another_spelling(
    make_world: MakeWorld, where: str, territories: str
) -> None:
    world = make_world(warehouse_rules={"address_shown": "corrected"})
    world.settings["warehouse"]["settings"]["territories"] = territories
    place(world, where)
    world.go(*BEFORE)
    world.warehouse_fault(POST_ORDERS, "reset", "after")
    world.send()
    assert world.states() == {"unknown": 1}
    world.wait_out()
    world.send()
    assert world.states() == {"acknowledged": 1}
    assert list(world.references().values()) == [1]


@pytest.mark.parametrize(
    ("where", "territories", "sent"),
    [
        ("puerto rico as country", "state", ("US", "PR", "00901")),
        ("puerto rico as country", "country", ("PR", "PR", "00901")),
        ("puerto rico as state", "state", ("US", "PR", "00901")),
        ("puerto rico as state", "country", ("PR", "PR", "00901")),
        ("a lost zero", "state", ("US", "NJ", "07001")),
        ("canada", "state", ("CA", "ON", "K1A 0B1")),
    ],
)
def test_the_warehouse_gets_codes_and_whole_postal_codes(
    world: World, where: str, territories: str, sent: tuple[str, str, str]
) -> None:
    world.settings["warehouse"]["settings"]["territories"] = territories
    place(world, where)
    world.go(*BEFORE)
    world.send()
    address = there(world)
    assert (address["country"], address["state"], address["zip"]) == sent


@pytest.mark.parametrize("where", list(PLACES))
def test_an_order_that_a_new_ledger_finds_at_the_warehouse_in_another_spelling_is_acknowledged(
    make_world: MakeWorld, where: str
) -> None:
    world = make_world(fresh=True, warehouse_rules={"address_shown": "corrected"})
    order_id = place(world, where)
    world.go(*ORDERS_STAGES)
    lose_the_ledger(world)
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    assert list(world.references().values()) == [1]


def test_an_order_whose_house_number_was_edited_before_it_was_found_is_a_conflict(
    make_world: MakeWorld,
) -> None:
    world = make_world(fresh=True, warehouse_rules={"address_shown": "corrected"})
    order_id = place(world, "a lost zero")
    world.go(*ORDERS_STAGES)
    lose_the_ledger(world)
    world.amend(order_id, shipment={"ShipmentAddress": "99 Luna Street, Apartment 4"})
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["conflict"]


def test_an_order_to_a_military_address_is_blocked_for_a_carrier_that_does_not_deliver_there(
    world: World,
) -> None:
    [order_id] = world.place()
    apo = {"ShipmentCity": "APO", "ShipmentState": "AE", "ShipmentZipCode": "9012", "ShipmentCountry": "US"}
    world.amend(order_id, shipment=apo)
    method = world.shop.store.order(order_id)["ShipmentList"][0]["ShipmentMethodName"]
    world.settings["ship_methods"] = [{"store": method, "carrier": "UPS", "service": "Ground"}]
    world.go(*BEFORE)
    assert (world.states(), world.causes()) == ({"blocked": 1}, {"military_address": 1})
    world.settings["ship_methods"] = [{"store": method, "carrier": "USPS", "service": "Priority"}]
    world.go("validate_mappings")
    assert world.states() == {"ready": 1}
