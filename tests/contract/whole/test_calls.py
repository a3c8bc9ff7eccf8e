"""Cost follows work: the fewest calls that the API allows; only tracking costs a call for each order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cartage.http import CALLS
from cartage.monitoring.measures import gauges
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED, World


def test_a_hundred_orders_cost_a_handful_of_calls_and_one_tracking_write_each(world: World) -> None:
    start = datetime.now(UTC) - timedelta(hours=2)
    ids = [world.place_at(start + number * timedelta(seconds=30)) for number in range(101)]
    world.go(*ORDERS_STAGES)
    for order_id in ids:
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    assert {world.store_status(id_) for id_ in ids} == {SHIPPED}
    tracking = world.calls(method="PUT", path="/Shipments/")
    others = [f"{call['method']} {call['path']}" for call in world.calls() if call not in tracking]
    assert len(tracking) == len(ids)
    # One sweep, a watch, two bulk writes and their read-back; one guard and one list to read back what was shipped; and
    # three calls, once for a store, that find out whether a bulk write can set tracking.
    assert len(others) <= 10, others


def test_runs_without_work_cost_one_call_to_the_store(world: World) -> None:
    world.place("single", 5)
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    before = len(world.calls())
    world.go(*ORDERS_STAGES, *SHIPMENT_STAGES)
    assert len(world.calls()) - before == 1


def test_the_warehouse_is_called_once_per_order_plus_a_few_calls(world: World) -> None:
    world.place("single", 40)
    world.go(*ORDERS_STAGES[:2])
    before = len(world.shop.warehouse.journal.entries("request"))
    world.go("settle_outcomes", "transfer_to_warehouse")
    calls = world.shop.warehouse.journal.entries("request")[before:]
    assert len(calls) <= 40 + 1  # a token


def test_calls_and_429s_are_tallied_by_remote_and_gauges_show_open_orders(world: World) -> None:
    CALLS.take()
    world.place("single", 3)
    world.store_fault("GET .*/Orders", "status", status=429, headers={"Retry-After": "0"})
    world.go(*ORDERS_STAGES)
    calls = CALLS.take()
    made, throttled = calls["store"]
    assert (made, throttled) == (len(world.calls()), 1)
    assert calls["warehouse"][0] > 3
    assert CALLS.take() == {}
    values = {gauge.name: gauge.value for gauge in gauges(world.ledger, world.lane)}
    assert values["cartage.demo.orders.acknowledged"] == 3
    assert values["cartage.demo.orders.ready"] == 0
    assert values["cartage.demo.waiting.not_shipped"] == 3
    assert 0 <= values["cartage.demo.oldest_seconds.not_shipped"] < 600
    assert values["cartage.demo.open.alerts"] == 0
