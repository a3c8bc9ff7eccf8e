"""The DAG `housekeeping`: old data is deleted every night."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from cartage_airflow import manual
from cartage_airflow.deployment.deployment_dag import deployment_dag
from cartage_airflow.operators.housekeeping import (
    DeleteLogsOperator,
    PurgeLedgerOperator,
    RefreshReportsOperator,
)
from cartage_airflow.task_defaults import task_pool

_NIGHTLY = "30 3 * * *"


def housekeeping_dag() -> DAG:
    """Return `housekeeping`: delete old data every night from the ledger, Airflow's database and the logs."""
    with deployment_dag(
        "housekeeping",
        description=manual.HOUSEKEEPING,
        doc_md=manual.HOUSEKEEPING_PAGE,
        cron=_NIGHTLY,
        max_active_runs=1,
        default_args={
            "owner": "cartage",
            "pool": task_pool(),
            "retries": 2,
            "retry_delay": timedelta(minutes=1),
            "execution_timeout": timedelta(hours=2),
        },
    ) as dag:
        PurgeLedgerOperator(task_id="purge_ledger")
        RefreshReportsOperator(task_id="refresh_reports")
        DeleteLogsOperator(task_id="delete_old_logs")
    return dag
