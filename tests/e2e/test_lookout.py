"""Orders and shipments between two windows, in a real Airflow with a real triggerer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site, hours_ago
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

ORDERS, SHIPMENTS = "orders__quick", "shipments__quick"


@pytest.fixture(scope="module")
def watched(site: Site) -> Iterator[AirflowClient]:
    """The lane's DAGs run, its first window is over, and the triggerer looks."""
    with site.airflow.client() as client:
        client.wait_for_dags([ORDERS, SHIPMENTS])
        for dag_id in (ORDERS, SHIPMENTS):
            client.unpause(dag_id)
        site.airflow.launch("triggerer")
        until(lambda: looks(site), lambda count: count == 2, seconds=180, what="both looks of the lane")
        yield client
        for dag_id in (ORDERS, SHIPMENTS):
            client.pause(dag_id)
        site.airflow.end("triggerer")


def looks(site: Site) -> int:
    return len(site.ledger("SELECT FROM lookout WHERE lane = 'quick' AND looked_at IS NOT NULL"))


def place(site: Site) -> int:
    now = datetime.now(UTC)
    [order_id] = site.shops["quick"].fill(1, start=now - timedelta(seconds=1), end=now, mix={"single": 1.0})[
        "single"
    ]
    return order_id


def wait_until_sent(site: Site, order_id: int) -> None:
    until(
        lambda: [reference.split("_")[1] for reference in site.shops["quick"].references()],
        lambda sent: sent.count(str(order_id)) == 1,
        seconds=120,
        what=f"order {order_id} at the warehouse",
    )


def wait_until_quiet(client: AirflowClient, dag_id: str) -> None:
    until(
        lambda: [run.state for run in client.runs(dag_id)],
        lambda states: set(states) <= {"success", "failed"},
        seconds=120,
        what="all runs to end",
    )


def test_an_order_goes_out_and_comes_back_without_a_window(site: Site, watched: AirflowClient) -> None:
    wait_until_quiet(watched, ORDERS)
    windows = len(watched.runs(ORDERS, run_type="scheduled"))
    shop, order_id = site.shops["quick"], place(site)
    wait_until_sent(site, order_id)
    wait_until_quiet(watched, ORDERS)
    shop.warehouse.floor.ship(shop.warehouse.floor.named(shop.references()))
    until(
        lambda: shop.store.order(order_id)["ShipmentList"][0]["ShipmentTrackingCode"],
        seconds=120,
        what="its tracking in the store",
    )
    asked = [
        run for dag_id in (ORDERS, SHIPMENTS) for run in watched.runs(dag_id, run_type="asset_triggered")
    ]
    wait_until_quiet(watched, SHIPMENTS)
    assert len(asked) >= 2
    assert len(watched.runs(ORDERS, run_type="scheduled")) <= windows + 1, "an hour may have ended meanwhile"


def test_a_killed_triggerer_loses_nothing(site: Site, watched: AirflowClient) -> None:
    site.airflow.kill("triggerer", with_children=True)
    order_id = place(site)
    site.airflow.end("triggerer")
    site.airflow.launch("triggerer")
    wait_until_sent(site, order_id)


def test_its_windows_can_be_backfilled(site: Site, watched: AirflowClient) -> None:
    first = hours_ago(5)
    watched.wait_for_backfill(watched.create_backfill(ORDERS, first, first + timedelta(hours=1)), seconds=240)
    runs = watched.runs(ORDERS, run_type="backfill")
    assert [run.state for run in runs] == ["success", "success"]
