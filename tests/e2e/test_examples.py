"""Your own DAGs in a real Airflow: an example DAG, and a sensor that waits in the triggerer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

NEW, SHIPPED = 1, 4
REPRICE = "example_reprice_hold"


def place(site: Site, count: int) -> list[int]:
    now = datetime.now(UTC)
    made = site.shops["examples"].fill(count, start=now - timedelta(hours=1), end=now, mix={"single": 1.0})
    return made["single"]


def test_an_example_dag_runs(site: Site, client: AirflowClient) -> None:
    ids = place(site, 3)
    client.wait_for_dags([REPRICE])
    client.unpause(REPRICE)
    run = client.wait_for_run(REPRICE, client.trigger(REPRICE), seconds=180)
    assert run.state == "success"
    assert client.xcom(REPRICE, run.run_id, "hold") == {"orders": 3, "written": 3, "left": 0}
    assert client.xcom(REPRICE, run.run_id, "release") == {"orders": 3, "written": 3, "left": 0}
    store = site.shops["examples"].store
    assert {store.order(order_id)["OrderStatusID"] for order_id in ids} == {NEW}
    client.pause(REPRICE)


def test_a_sensor_waits_in_the_triggerer_without_a_worker(site: Site, client: AirflowClient) -> None:
    """The triggerer looks up the connections and the ledger by itself."""
    [order_id] = place(site, 1)
    client.wait_for_dags(["wait_for_order"])
    client.unpause("wait_for_order")
    site.airflow.launch("triggerer")
    try:
        run_id = client.trigger("wait_for_order", conf={"order_id": order_id})
        until(
            lambda: client.task("wait_for_order", run_id, "wait").state,
            lambda state: state == "deferred",
            seconds=120,
            what="the sensor to be deferred",
        )
        site.shops["examples"].store.edit(order_id, OrderStatusID=SHIPPED)
        run = client.wait_for_run("wait_for_order", run_id, seconds=120)
    finally:
        site.airflow.end("triggerer")
    assert run.state == "success", client.task_log("wait_for_order", run_id, "wait")
