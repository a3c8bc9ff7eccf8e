"""A day on which one of two warehouses is down: the lane ships from the other, and what waited goes by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site, hours_ago

pytestmark = pytest.mark.e2e

LANE = "coasts"
ORDERS, STOCK = f"orders__{LANE}", f"inventory__{LANE}"
EAST, WEST = "east", "west"
DAY, WINDOW = 24, 12  # hours
# Both warehouses have it, and are known to, before one is down.
MUG = "MUG"


def window_at(hours_before: int) -> tuple[datetime, datetime]:
    start = hours_ago(hours_before)
    return start, start + timedelta(hours=WINDOW)


def place(site: Site, window: tuple[datetime, datetime], state: str = "ME") -> int:
    """Place an order of a mug to this state in the window; return its OrderID."""
    shop = site.shops[LANE]
    [order_id] = shop.fill(
        1, start=window[0] + timedelta(hours=1), end=window[0] + timedelta(hours=2), mix={"single": 1.0}
    )["single"]
    order: dict[str, Any] = shop.store.order(order_id)
    shipments = [{**each, "ShipmentState": state, "ShipmentCountry": "US"} for each in order["ShipmentList"]]
    lines = [{**each, "ItemID": MUG} for each in order["OrderItemList"]]
    shop.store.edit(order_id, ShipmentList=shipments, OrderItemList=lines)
    return order_id


def run(client: AirflowClient, dag_id: str, window: tuple[datetime, datetime] | None = None) -> Any:
    """Run a DAG; return the run's state, and those of its tasks."""
    run_id = client.trigger(dag_id, window=window)
    state = client.wait_for_run(dag_id, run_id, seconds=120).state
    return run_id, state, {task.task_id: task.state for task in client.task_instances(dag_id, run_id)}


def processes(client: AirflowClient, dag_id: str, run_id: str) -> set[str]:
    """Return the tasks of a run for which a process started."""
    tasks = client.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
    assert tasks
    return {task["task_id"] for task in tasks if task["pid"]}


def whereabouts(site: Site) -> dict[int, tuple[str, str]]:
    """Return where each order is, and its state."""
    rows = site.ledger("SELECT order_id, warehouse, state FROM fulfillment_order WHERE lane = %s", LANE)
    return {order_id: (warehouse, state) for order_id, warehouse, state in rows}


def pass_time(site: Site, hours: int) -> None:
    """Let the western stock have been read so much earlier, and a probe of a remote that is down be due."""
    site.change_ledger(
        "UPDATE stock_reading SET began_at = began_at - make_interval(hours => %s) WHERE lane = %s AND warehouse = %s",
        hours, LANE, WEST,
    )  # fmt: skip
    site.change_ledger(
        "UPDATE circuit SET probe_at = clock_timestamp() WHERE remote LIKE 'warehouse shipbob%%'"
    )


def be_live_for_months(site: Site) -> None:
    """Let the lane have been live for months: a new ledger asks every warehouse about each order before it is sent."""
    site.change_ledger(
        "UPDATE lane_state SET quarantined_at = quarantined_at - interval '90 days', surveyed_at = quarantined_at, "
        "quarantine_ended_at = quarantined_at - interval '89 days' WHERE lane = %s",
        LANE,
    )


def west_goes_down(site: Site) -> None:
    """Let every call to the western warehouse fail, and two runs find out: later ones do not call it for a while."""
    site.west.warehouse.faults.add(Fault(".*", "status", nth=0, status=503))
    for _ in range(2):
        site.deployment.cartage("run", "poll_stock", "--lane", LANE, "--warehouse", WEST, check=False)


def test_a_day_without_one_of_two_warehouses(site: Site, client: AirflowClient) -> None:
    client.wait_for_dags([ORDERS, STOCK])
    for dag_id in (ORDERS, STOCK):
        client.unpause(dag_id)
    for shop in (site.shops[LANE], site.west):
        shop.stock_up([(MUG, "Mug")])
    before = place(site, window_at(2 * DAY))
    assert run(client, STOCK)[1] == "success"
    _, state, tasks = run(client, ORDERS, window_at(2 * DAY))
    assert (state, tasks["every_warehouse"]) == ("success", "success"), tasks
    assert whereabouts(site)[before] == (WEST, "acknowledged")
    be_live_for_months(site)

    west_goes_down(site)
    elsewhere: list[int] = []
    waiting: list[int] = []
    for hours in range(DAY, 0, -WINDOW):
        window = window_at(hours)
        pass_time(site, WINDOW)
        elsewhere.append(place(site, window))
        waiting.append(place(site, window, "CA"))
        _, state, tasks = run(client, ORDERS, window)
        assert (state, tasks["every_warehouse"]) == ("failed", "upstream_failed"), tasks
        assert tasks[f"transfer_to_warehouse__{WEST}"] in ("failed", "upstream_failed"), tasks
        assert tasks[f"transfer_to_warehouse__{EAST}"] == tasks["mark_processing"] == "success", tasks
        assert whereabouts(site)[elsewhere[-1]] == (EAST, "acknowledged")
        assert site.shops[LANE].store.order(elsewhere[-1])["OrderStatusID"] == 2
    _, state, tasks = run(client, STOCK)
    assert (state, tasks["update_stock"], tasks[f"poll_stock__{EAST}"]) == ("failed", "success", "success")
    assert {whereabouts(site)[order_id][0] for order_id in waiting} == {WEST}

    site.west.warehouse.faults.clear()
    pass_time(site, 0)
    assert run(client, STOCK)[1] == "success"
    again = place(site, window_at(3 * DAY))
    assert run(client, ORDERS, window_at(3 * DAY))[1] == "success"
    found = whereabouts(site)
    assert {found[order_id] for order_id in [*waiting, again]} == {(WEST, "acknowledged")}
    assert {found[order_id] for order_id in elsewhere} == {(EAST, "acknowledged")}
    sent = {**site.shops[LANE].references(), **site.west.references()}
    assert len(sent) == len(found) == 2 * len(elsewhere) + 2
    assert set(sent.values()) == {1}

    # The day is over: a window without orders costs one process, however many warehouses the lane has.
    run_id, state, tasks = run(client, ORDERS, window_at(4 * DAY))
    assert (state, tasks["every_warehouse"]) == ("success", "success"), tasks
    assert tasks[f"transfer_to_warehouse__{WEST}"] == "skipped"
    assert processes(client, ORDERS, run_id) == {"import_orders"}
