"""The DAG `reports`: the weekly report of all lanes."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from cartage_airflow import manual
from cartage_airflow.deployment.deployment_dag import deployment_dag
from cartage_airflow.operators.reports import SendReportsOperator
from cartage_airflow.task_defaults import reports_cron, task_pool


def reports_dag() -> DAG:
    """Return `reports`: send the weekly report of all lanes. Its cron is the setting CARTAGE_REPORTS_CRON.

    Raises:
        SettingsError: if the setting is no cron expression.
    """
    with deployment_dag(
        "reports",
        description=manual.REPORTS,
        doc_md=manual.REPORTS_PAGE,
        cron=reports_cron(),
        max_active_runs=1,
        params={"again": Param(False, type="boolean", title="Send again", description=manual.REPORTS_AGAIN)},
        default_args={
            "owner": "cartage",
            "pool": task_pool(),
            "retries": 3,
            "retry_delay": timedelta(minutes=10),
            "execution_timeout": timedelta(hours=1),
        },
    ) as dag:
        SendReportsOperator(task_id="send_reports")
    return dag
