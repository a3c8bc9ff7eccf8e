"""The watchdog in a real Airflow: a paused DAG, a late run, recoveries; and the nightly housekeeping."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site, hours_ago
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

DAGS = ("orders__watched", "shipments__watched")
_SLOW_STORE_SECONDS = 6


def alerts_of(site: Site) -> set[tuple[str, str, str]]:
    """Return state, kind and title of the alerts that the endpoint received."""
    return {(alert["state"], alert["kind"], alert["title"]) for alert in site.endpoint.received}


def look(client: AirflowClient) -> None:
    """Run the watchdog once, and wait for its end."""
    run_id = client.trigger("watchdog")
    assert client.wait_for_run("watchdog", run_id, seconds=120).state == "success", client.task_log(
        "watchdog", run_id, "watch"
    )


def test_a_paused_dag_and_a_late_run_alert_and_so_does_their_end(site: Site, client: AirflowClient) -> None:
    client.wait_for_dags(["watchdog"])
    for _ in range(2):  # The first run notices it; at the second it has lasted longer than the lane allows.
        look(client)
    paused = {("opened", "dag_paused", f"The DAG {dag} is paused, but its lane is live") for dag in DAGS}
    assert paused <= alerts_of(site)

    for dag in DAGS:
        client.unpause(dag)
    # The lane allows a run one second, and on a fast machine a run takes less: the store has to be slow.
    site.shops["watched"].store.faults.add(
        Fault("GET .*/Orders$", "delay", seconds=_SLOW_STORE_SECONDS, nth=0)
    )
    run_id = client.trigger(DAGS[0], window=(hours_ago(3), hours_ago(2)))
    late = ("opened", "run_late", "A run of orders__watched has not ended within 1s")
    until(lambda: alerts_of(site), lambda found: late in found, seconds=120, what="the deadline's alert")
    site.shops["watched"].store.faults.clear()
    assert client.wait_for_run(DAGS[0], run_id, seconds=180).state == "success"
    look(client)
    assert {("resolved", kind, title) for _, kind, title in paused} <= alerts_of(site)
    late_alerts = [alert for alert in site.endpoint.received if alert["kind"] == "run_late"]
    assert late_alerts[0]["links"]["Airflow"] == f"{site.airflow.url}/dags/orders__watched"
    for dag in DAGS:
        client.pause(dag)


def test_housekeeping_reaches_ledger_and_logs_and_a_command_cleans_airflows_database(
    site: Site, client: AirflowClient
) -> None:
    client.wait_for_dags(["housekeeping"])
    run_id = client.trigger("housekeeping")
    assert client.wait_for_run("housekeeping", run_id, seconds=240).state == "success"
    for task in ("purge_ledger", "refresh_reports", "delete_old_logs"):
        assert client.task("housekeeping", run_id, task).state == "success"
    cleaned = subprocess.run(
        [sys.executable, "-m", "cartage.cli", "airflow", "clean"],
        env=site.airflow.env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert cleaned.returncode == 0, cleaned.stderr[-3000:]
    assert "Airflow's database" in cleaned.stdout
