"""The watchdog in a real Airflow: a paused DAG, a run past its deadline, recoveries; and the nightly housekeeping."""

from __future__ import annotations

import pytest

from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site, hours_ago
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

DAGS = ("orders__watched", "shipments__watched")


def told(site: Site) -> set[tuple[str, str, str]]:
    """State, kind and title of what the endpoint was told."""
    return {(one["state"], one["kind"], one["title"]) for one in site.endpoint.received}


def look(client: AirflowClient) -> None:
    """One run of the watchdog, to its end."""
    run_id = client.trigger("watchdog")
    assert client.wait_for_run("watchdog", run_id, seconds=120).state == "success", client.task_log(
        "watchdog", run_id, "watch"
    )


def test_a_paused_dag_and_a_late_run_alert_and_so_does_their_end(site: Site, client: AirflowClient) -> None:
    client.wait_for_dags(["watchdog"])
    for _ in range(2):  # The first look sees it, the second finds it so for longer than the lane allows.
        look(client)
    paused = {("opened", "dag_paused", f"The DAG {dag} is paused, but its lane is live") for dag in DAGS}
    assert paused <= told(site)

    for dag in DAGS:
        client.unpause(dag)
    run_id = client.trigger(DAGS[0], window=(hours_ago(3), hours_ago(2)))
    assert client.wait_for_run(DAGS[0], run_id, seconds=180).state == "success"
    late = ("opened", "run_late", "A run of orders__watched has not ended within 1s")
    until(lambda: told(site), lambda found: late in found, seconds=60, what="the deadline's alert")
    look(client)
    assert {("resolved", kind, title) for _, kind, title in paused} <= told(site)
    heard = [one for one in site.endpoint.received if one["kind"] == "run_late"]
    assert heard[0]["links"]["Airflow"] == f"{site.airflow.url}/dags/orders__watched"
    for dag in DAGS:
        client.pause(dag)


def test_housekeeping_reaches_ledger_airflows_database_and_logs(site: Site, client: AirflowClient) -> None:
    client.wait_for_dags(["housekeeping"])
    run_id = client.trigger("housekeeping")
    assert client.wait_for_run("housekeeping", run_id, seconds=240).state == "success"
    states = {
        task: client.task("housekeeping", run_id, task).state
        for task in ("purge_ledger", "clean_airflow_database", "delete_old_logs")
    }
    assert states == dict.fromkeys(states, "success")
    assert "deleting from Airflow's database" in client.task_log(
        "housekeeping", run_id, "clean_airflow_database"
    )
