"""Mappings in use: from either source, in the warehouse's units there and back, and always by the present rules."""

from __future__ import annotations

from typing import Any

import pytest

from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import save_mapping_rules
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod
from cartage_sandbox.generate import SHIP_METHODS, UNMAPPED_METHOD
from tests.contract.conftest import MakeWorld
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, World

ALL_METHODS = [MethodRule(name, ShipMethod("UPS", "Ground")) for name in SHIP_METHODS]
UNTIL_READY = ORDERS_STAGES[:2]
# One ship method, as a store's carrier modules and its staff write it.
SPELLINGS = ("Pigeon Priority Mail\N{TRADE MARK SIGN}", "Pigeon Priority Mail", "PIGEON priority mail")


def save(world: World, *rules: Rule, author: str = "ann") -> None:
    with world.ledger.begin() as connection:
        save_mapping_rules(connection, world.lane.name, MappingChange(rules), author=author)


@pytest.fixture
def ledger_world(make_world: MakeWorld) -> World:
    """A lane whose mappings are kept in the ledger: all its ship methods except the unmapped one."""
    world = make_world(mappings="ledger", ship_methods=[])
    save(world, *ALL_METHODS)
    return world


def sell(world: World, sku: str, quantity: float = 1) -> int:
    """Place an order with a line of this SKU."""
    [order_id] = world.place("single")
    world.amend(order_id, line={"ItemID": sku, "ItemQuantity": quantity})
    return order_id


def sent_lines(world: World) -> list[tuple[str, float]]:
    [order] = world.shop.warehouse.state.book
    return [(line.item.sku, float(line.qty)) for line in order.lines]


def request_of(world: World, order_id: int) -> dict[str, Any]:
    [row] = world.rows("SELECT request FROM fulfillment_order WHERE order_id = :id", id=order_id)
    request: dict[str, Any] = row.request
    return request


def test_a_rule_saved_in_the_ledger_releases_every_order_that_lacked_it(ledger_world: World) -> None:
    world = ledger_world
    orders = world.place("unmapped_method", 3) + world.place("single")
    world.go(*ORDERS_STAGES)
    assert world.causes() == {"unmapped_ship_method": 3}
    save(world, MethodRule(UNMAPPED_METHOD, ShipMethod("FedEx", "Home Delivery")))
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order) for order in orders] == [["acknowledged"]] * 4
    assert world.causes() == {}


@pytest.mark.parametrize("mapped", SPELLINGS)
def test_spellings_of_a_ship_method_are_one_cause_and_a_mapping_of_any_releases_all(
    ledger_world: World, mapped: str
) -> None:
    world = ledger_world
    orders = []
    for spelling in SPELLINGS:
        orders += world.place("single")
        world.amend(orders[-1], shipment={"ShipmentMethodName": spelling})
        world.go(*ORDERS_STAGES)
    assert world.causes() == {"unmapped_ship_method": len(SPELLINGS)}
    [cause] = world.rows("SELECT subject, message FROM cause")
    assert cause.subject == SPELLINGS[0]
    assert cause.message == f"ship method {SPELLINGS[0]!r} has no mapping"
    save(world, MethodRule(mapped, ShipMethod("FedEx", "Home Delivery")))
    world.go(*ORDERS_STAGES)
    assert [world.state_of(order) for order in orders] == [["acknowledged"]] * len(orders)
    assert world.causes() == {}


def test_orders_go_over_to_the_one_cause_of_their_ship_method_from_those_of_an_earlier_release(
    ledger_world: World,
) -> None:
    world = ledger_world
    orders = world.place("unmapped_method", 2)
    world.go(*ORDERS_STAGES)
    world.execute("UPDATE cause SET fingerprint = 'unmapped_ship_method-by-its-shown-text'")
    world.go("validate_mappings")
    assert world.causes() == {"unmapped_ship_method": 2}
    assert [world.state_of(order) for order in orders] == [["blocked"]] * 2
    former, present = world.rows("SELECT closed_at FROM cause ORDER BY id")
    assert former.closed_at is not None
    assert present.closed_at is None


def test_a_ready_order_is_sent_by_the_present_rules(ledger_world: World) -> None:
    world = ledger_world
    [order_id] = world.place("single")
    world.go(*UNTIL_READY)
    method = next(row for row in world.rows("SELECT ship_method FROM fulfillment_order")).ship_method
    save(world, MethodRule(method, ShipMethod("FedEx", "Home Delivery")))
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["acknowledged"]
    assert request_of(world, order_id)["ship_method"]["carrier"] == "FedEx"
    whys = [row.why for row in world.rows("SELECT why FROM event WHERE why <> '' ORDER BY id")]
    assert "other rules: ship method UPS Ground (03) -> FedEx Home Delivery (90)" in whys


def test_a_ready_order_that_new_rules_do_not_change_costs_no_event(ledger_world: World) -> None:
    world = ledger_world
    world.place("single", 2)
    world.go(*UNTIL_READY)
    before = world.rows("SELECT count(*) AS n FROM event")
    save(world, MethodRule("Carrier pigeon", ShipMethod("UPS")))
    assert world.go("validate_mappings")["validate_mappings"]["validated"] == 2
    assert world.go("validate_mappings")["validate_mappings"]["validated"] == 0
    assert world.rows("SELECT count(*) AS n FROM event") == before


def test_a_ready_order_whose_rule_was_dropped_is_blocked(ledger_world: World) -> None:
    world = ledger_world
    [order_id] = world.place("single")
    world.go(*UNTIL_READY)
    drop = tuple(rule.key for rule in ALL_METHODS)
    with world.ledger.begin() as connection:
        save_mapping_rules(connection, world.lane.name, MappingChange(drop=drop), author="ann")
    world.go(*ORDERS_STAGES)
    assert world.state_of(order_id) == ["blocked"]
    assert world.references() == {}


@pytest.mark.parametrize("source", ["files", "ledger"])
def test_a_kit_reaches_the_warehouse_as_its_items_and_comes_back_shipped(
    make_world: MakeWorld, world_ledger_url: str, source: str
) -> None:
    if source == "ledger":
        world = make_world(mappings="ledger", ship_methods=[])
        save(world, *ALL_METHODS, SkuRule("TEA-SET", (Part("MUG", 4), Part("POT"))))
    else:
        kit = [{"sku": "MUG", "quantity": 4}, {"sku": "POT"}]
        world = make_world(skus=[{"store": "TEA-SET", "kit": kit}])
    world.stock("MUG", "POT")
    order_id = sell(world, "tea-set", 2)
    world.go(*ORDERS_STAGES)
    assert sent_lines(world) == [("MUG", 8.0), ("POT", 2.0)]
    assert {line["store_sku"] for line in request_of(world, order_id)["lines"]} == {"tea-set"}
    # Two units of the store are ten of the warehouse: the order has shipped once all ten have.
    world.ship(order_id, packages=2)
    world.go(*SHIPMENT_STAGES)
    assert world.state_of(order_id) == ["shipped"]
    assert world.store_status(order_id) == 4


def test_an_order_of_packs_has_shipped_when_all_units_of_the_warehouse_have(make_world: MakeWorld) -> None:
    world = make_world(skus=[{"store": "MUG-6PK", "sku": "MUG", "quantity": 6}])
    world.stock("MUG")
    order_id = sell(world, "MUG-6PK", 2)
    world.go(*ORDERS_STAGES)
    assert sent_lines(world) == [("MUG", 12.0)]
    world.ship(order_id)
    world.go("poll_tracking")
    assert world.state_of(order_id) == ["shipped"]
    assert world.rows("SELECT message FROM exception") == []


def test_a_refused_order_is_sent_again_once_a_rule_changes_its_request(
    make_world: MakeWorld,
) -> None:
    world = make_world(mappings="ledger", ship_methods=[], warehouse_rules={"max_length_city": 20})
    save(world, *ALL_METHODS)
    [bad] = world.place("single")
    world.amend(bad, shipment={"ShipmentCity": "Llanfairpwllgwyngyllgogerych"})
    assert world.go(*ORDERS_STAGES)["transfer_to_warehouse"]["blocked"] == 1
    assert world.go(*ORDERS_STAGES)["transfer_to_warehouse"]["sent"] == 0
    save(world, *(MethodRule(name, ShipMethod("FedEx", "Home Delivery")) for name in SHIP_METHODS))
    assert world.go(*ORDERS_STAGES)["transfer_to_warehouse"]["sent"] == 1
    assert world.causes() == {"refused_by_warehouse": 1}
