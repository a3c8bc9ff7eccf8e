from __future__ import annotations

import pytest

from cartage.lanes import Lane, load_lanes
from cartage_sandbox.extensiv import DEFAULT_CUSTOMER_ID, DEFAULT_FACILITY_ID
from cartage_sandbox.extensiv.data.catalogue import DEFAULT_CARRIERS
from cartage_sandbox.generate.methods import SHIP_METHODS, UNMAPPED_METHOD


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Lane:
    monkeypatch.delenv("CARTAGE_LANES_FILE", raising=False)
    return load_lanes().lanes["demo"]


def test_it_maps_every_ship_method_of_the_demo_store_but_one(demo: Lane) -> None:
    mapped = {rule.store for rule in demo.ship_methods}
    assert set(SHIP_METHODS) <= mapped
    assert UNMAPPED_METHOD not in mapped


def test_it_uses_only_services_and_ids_that_the_demo_warehouse_has(demo: Lane) -> None:
    offered = {(carrier.name, service) for carrier in DEFAULT_CARRIERS for _, service in carrier.services}
    assert {(rule.carrier, rule.service) for rule in demo.ship_methods} <= offered
    assert demo.warehouse.settings == {
        "customer_id": DEFAULT_CUSTOMER_ID,
        "facility_id": DEFAULT_FACILITY_ID,
        "facility_time_zone": "America/New_York",
    }
