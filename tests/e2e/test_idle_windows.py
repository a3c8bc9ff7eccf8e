"""Tasks without work in a real Airflow: skipped without a process; run if there is work or a person clears them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site, hours_ago

pytestmark = pytest.mark.e2e

LANE = "quiet"
ORDERS, SHIPMENTS = f"orders__{LANE}", f"shipments__{LANE}"
LATER = ("validate_mappings", "blocked_orders", "settle_outcomes", "transfer_to_warehouse", "mark_processing")
# Each run has an hour of its own.
_hours = count(3)


@pytest.fixture(scope="module")
def quiet(site: Site) -> Site:
    """The site, on which the lane has run once: it has looked for what an earlier ledger may have sent."""
    with site.airflow.client() as client:
        client.wait_for_dags([ORDERS, SHIPMENTS])
        for dag_id in (ORDERS, SHIPMENTS):
            client.unpause(dag_id)
        run(client, new_window())
    return site


def new_window() -> tuple[datetime, datetime]:
    start = hours_ago(next(_hours))
    return start, start + timedelta(hours=1)


def place(site: Site, window: tuple[datetime, datetime], kind: str = "single") -> int:
    """Place an order in the window; return its OrderID."""
    shop = site.shops[LANE]
    middle = window[0] + timedelta(minutes=30)
    [order_id] = shop.fill(1, start=middle, end=middle + timedelta(minutes=5), mix={kind: 1.0})[kind]
    return order_id


def run(client: AirflowClient, window: tuple[datetime, datetime]) -> tuple[str, dict[str, str | None]]:
    """Run the window; return the run's id and the states of its tasks."""
    run_id = client.trigger(ORDERS, window=window)
    client.wait_for_run(ORDERS, run_id, seconds=240)
    return run_id, states(client, run_id)


def states(client: AirflowClient, run_id: str, dag_id: str = ORDERS) -> dict[str, str | None]:
    return {task.task_id: task.state for task in client.task_instances(dag_id, run_id)}


def test_a_window_without_orders_starts_one_process(quiet: Site, client: AirflowClient) -> None:
    run_id, found = run(client, new_window())
    assert found == {"import_orders": "success", **dict.fromkeys(LATER, "skipped")}
    assert client.run(ORDERS, run_id).state == "success"
    assert client.xcom(ORDERS, run_id, "import_orders")["imported"] == 0

    # A person who clears a skipped task wants it to run.
    client.clear(ORDERS, run_id, ["transfer_to_warehouse"], downstream=False)
    client.wait_for_run(ORDERS, run_id, seconds=120)
    assert states(client, run_id)["transfer_to_warehouse"] == "success"
    assert states(client, run_id)["mark_processing"] == "skipped"


def test_a_window_with_an_order_runs_every_stage(quiet: Site, client: AirflowClient) -> None:
    window = new_window()
    order_id = place(quiet, window)
    run_id, found = run(client, window)
    assert found == {
        "import_orders": "success",
        **dict.fromkeys(LATER, "success"),
        "blocked_orders": "skipped",
    }
    assert quiet.shops[LANE].store.order(order_id)["OrderStatusID"] == 2

    # A cleared run decides again: nothing is left to do.
    client.clear(ORDERS, run_id, ["import_orders"])
    client.wait_for_run(ORDERS, run_id, seconds=240)
    assert states(client, run_id) == {"import_orders": "success", **dict.fromkeys(LATER, "skipped")}


def test_a_cleared_import_decides_again(quiet: Site, client: AirflowClient) -> None:
    window = new_window()
    run_id, found = run(client, window)
    assert found["mark_processing"] == "skipped"
    place(quiet, window)
    client.clear(ORDERS, run_id, ["import_orders"])
    client.wait_for_run(ORDERS, run_id, seconds=240)
    assert states(client, run_id)["mark_processing"] == "success"


def test_what_a_run_left_is_taken_up_by_the_next_one(quiet: Site, client: AirflowClient) -> None:
    shop, window = quiet.shops[LANE], new_window()
    place(quiet, window)
    shop.warehouse.faults.add(Fault("POST .*/orders$", "reset", "after"))
    _, found = run(client, window)
    assert found["transfer_to_warehouse"] == "success"
    assert quiet.ledger(
        "SELECT count(*) FROM fulfillment_order WHERE lane = %s AND state = 'unknown'", LANE
    ) == [(1,)]

    _, following = run(client, new_window())
    assert following["settle_outcomes"] == "success"
    assert following["validate_mappings"] == "skipped"


def test_a_blocked_order_is_listed_once_and_stays_visible(quiet: Site, client: AirflowClient) -> None:
    window = new_window()
    place(quiet, window, "unmapped_method")
    run_id, found = run(client, window)
    assert found["blocked_orders"] == "failed"
    assert client.run(ORDERS, run_id).state == "failed"

    # The order is validated again in each run; there is nothing new to list.
    _, following = run(client, new_window())
    assert (following["validate_mappings"], following["blocked_orders"]) == ("success", "skipped")


def test_tracking_is_posted_when_there_is_some(quiet: Site, client: AirflowClient) -> None:
    shop, window = quiet.shops[LANE], new_window()
    order_id = place(quiet, window)
    run(client, window)

    def poll() -> str | None:
        run_id = client.trigger(SHIPMENTS)
        client.wait_for_run(SHIPMENTS, run_id, seconds=120)
        return states(client, run_id, SHIPMENTS)["update_order_status"]

    assert poll() == "skipped"
    [(reference,)] = quiet.ledger(
        "SELECT reference FROM fulfillment_order WHERE lane = %s AND order_id = %s", LANE, order_id
    )
    shop.warehouse.floor.ship(shop.warehouse.floor.named([reference]))
    assert poll() == "success"
    assert shop.store.order(order_id)["OrderStatusID"] == 4
    assert poll() == "skipped"
