"""The preflight DAG in a real Airflow: it succeeds on a clean store, and fails for a mistake until it is fixed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cartage.preflight import SECTION_NAMES
from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site

pytestmark = pytest.mark.e2e

DAG_ID = "preflight__past"


def run(client: AirflowClient) -> tuple[str, dict[str, str | None]]:
    """Trigger a run, wait for its end, and return its id and its tasks' states."""
    run_id = client.trigger(DAG_ID)
    client.wait_for_run(DAG_ID, run_id, seconds=240)
    return run_id, {name: client.task(DAG_ID, run_id, name).state for name in SECTION_NAMES}


def test_a_mistake_fails_its_section_until_it_is_fixed(site: Site, client: AirflowClient) -> None:
    shop = site.shops["past"]
    now = datetime.now(UTC)
    # Products, and no orders: the other tests' orders must not change.
    shop.fill(0, start=now - timedelta(days=2), end=now - timedelta(days=1))
    client.wait_for_dags([DAG_ID])
    client.unpause(DAG_ID)

    _, states = run(client)
    assert states == dict.fromkeys(SECTION_NAMES, "success")

    with shop.store.state.lock:
        shop.store.state.stock([{"SKUInfo": {"CatalogID": 9001, "SKU": "NOT-THERE", "Name": "Lamp"}}])
    red, states = run(client)
    assert states == {**dict.fromkeys(SECTION_NAMES, "success"), "product_skus": "failed"}
    assert client.task(DAG_ID, red, "product_skus").try_number == 1
    log = client.task_log(DAG_ID, red, "product_skus")
    assert "mistake: NOT-THERE: the warehouse does not know it" in log
    assert "Create the item at the warehouse" in log

    with shop.warehouse.state.lock:
        shop.warehouse.state.catalogue.put_item({"sku": "NOT-THERE", "qty": 1}, shop.clock.now())
    _, states = run(client)
    assert states == dict.fromkeys(SECTION_NAMES, "success")
    client.pause(DAG_ID)
