"""The demo's lane with two warehouses: it is valid, and the orders of its scenes stay in Ohio."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from cartage.lanes.loader import load_text
from cartage_sandbox.demo import plan
from cartage_sandbox.demo.coasts import (
    COAST,
    OHIO,
    WEST,
    CoastsShop,
    astray,
    coasts_lane,
    coasts_methods,
    is_cold,
    keep_whole,
)
from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.stack.deployment import merged, shipped_lane

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> CoastsShop:
    found = CoastsShop(seed=3, store_rules=plan.STORE_RULES, warehouse_rules={})
    plan.seed(found, 60, NOW)
    return found


def test_the_lane_is_valid_and_has_two_rules(shop: CoastsShop) -> None:
    lane = merged(shipped_lane(), coasts_lane(shop, shipped_lane(), NOW))
    found = load_text(Path("lanes.yaml"), yaml.safe_dump({"lanes": {"demo": lane}}))
    assert (found.mistake_lines(), found.warning_lines()) == ([], [])
    assert [(rule.name, rule.to) for rule in found.lanes["demo"].routing] == [("cold", OHIO), ("coast", WEST)]


def test_each_ship_method_has_a_rule_of_the_western_warehouse(shop: CoastsShop) -> None:
    rules = coasts_methods(shop, shipped_lane())
    assert {rule["store"] for rule in rules if rule.get("warehouse") == WEST} == set(SHIP_METHODS)
    assert [rule for rule in rules if "warehouse" not in rule] == shipped_lane()["ship_methods"]


def test_orders_that_do_not_simply_ship_go_to_ohio() -> None:
    shop = CoastsShop(seed=3, store_rules=plan.STORE_RULES, warehouse_rules={})
    scenes = plan.seed(shop, 200, NOW).scenes
    assert len(scenes) == 4
    states = {shop.store.order(order_id)["ShipmentList"][0]["ShipmentState"] for order_id in scenes.values()}
    assert states.isdisjoint(COAST)


def test_both_warehouses_have_every_item_and_only_ohio_what_is_cold(shop: CoastsShop) -> None:
    ohio, west = set(super(CoastsShop, shop).promised()), set(shop.west.promised())
    assert ohio == west
    cold = [sku for sku in ohio if is_cold(sku)]
    assert cold
    promised = shop.promised()
    assert {promised[sku] for sku in cold} == {1_000_000.0}
    assert {promised[sku] for sku in ohio - set(cold)} == {2_000_000.0}


@pytest.mark.parametrize("taken", [OHIO, WEST])
def test_an_order_at_the_wrong_warehouse_is_a_fault(
    shop: CoastsShop, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[dict[str, Any]] = [
        shop.store.order(row["OrderID"]) for row in shop.store.overview(("OrderID",))
    ]
    state = "CA" if taken == OHIO else "ME"
    order = next(
        each for each in orders if each["OrderItemList"] and not is_cold(each["OrderItemList"][0]["ItemID"])
    )
    shipments = [{**order["ShipmentList"][0], "ShipmentState": state, "ShipmentCountry": "US"}]
    line = {**order["OrderItemList"][0], "ItemShipmentID": shipments[0]["ShipmentID"]}
    shop.store.edit(order["OrderID"], ShipmentList=shipments, OrderItemList=[line])
    reference = f"A3K_{order['OrderID']}_{shipments[0]['ShipmentID']}"
    ohio = {reference: 1} if taken == OHIO else {}
    monkeypatch.setattr(shop, "of_ohio", lambda: set(ohio))
    monkeypatch.setattr(shop, "west", SimpleNamespace(references=lambda: {} if ohio else {reference: 1}))
    faults = list(astray(shop))
    assert any(f"ship-to {shipments[0]['ShipmentID']}, went to {taken}" in fault for fault in faults), faults


def test_some_orders_are_divided_and_none_that_is_stopped(shop: CoastsShop) -> None:
    shop = CoastsShop(seed=plan.SEED, store_rules=plan.STORE_RULES, warehouse_rules={})
    seeded = plan.seed(shop, 300, NOW)
    stopped = [*seeded.held, *(order for orders in seeded.blocked.values() for order in orders)]
    keep_whole(shop, stopped)
    assert not [order for order in stopped if is_divided(shop, order)]
    assert [order for order in seeded.sent if is_divided(shop, order)]


def is_divided(shop: CoastsShop, order_id: int) -> bool:
    """By a plain reading of the rules: something cold and something else, to the coast."""
    order = shop.store.order(order_id)
    if not isinstance(order, dict) or not isinstance(order.get("OrderItemList"), list):
        return False
    single = [line for line in order["OrderItemList"] if not line.get("ItemAdditionalField3")]
    lines = [line for line in single if line["ItemIndexID"] not in _parents(order)]
    return any(
        len(
            {
                is_cold(str(line["ItemID"]))
                for line in lines
                if line["ItemShipmentID"] == shipment["ShipmentID"]
            }
        )
        == 2
        and shipment["ShipmentState"] in COAST
        for shipment in order["ShipmentList"]
    )


def _parents(order: dict[str, Any]) -> set[int]:
    return {
        int(line["ItemAdditionalField3"])
        for line in order["OrderItemList"]
        if line.get("ItemAdditionalField3")
    }
