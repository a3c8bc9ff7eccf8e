"""The DAG `watchdog`: checks of all lanes every few minutes."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from cartage.monitoring.kinds import WATCH_CRON
from cartage_airflow import manual
from cartage_airflow.deployment.deployment_dag import deployment_dag
from cartage_airflow.operators.watchdog import WatchdogOperator
from cartage_airflow.task_defaults import task_pool

_LONGEST_WATCH = timedelta(minutes=10)


def watchdog_dag() -> DAG:
    """Return `watchdog`: check all lanes every few minutes, and open, repeat and close alerts.

    There is one for all lanes, so that it notices when a DAG of a lane is paused.
    """
    with deployment_dag(
        "watchdog",
        description=manual.WATCHDOG,
        doc_md=manual.WATCHDOG_PAGE,
        cron=WATCH_CRON,
        max_active_runs=1,
    ) as dag:
        # The next run is the retry.
        WatchdogOperator(
            task_id="watch", owner="cartage", pool=task_pool(), retries=0, execution_timeout=_LONGEST_WATCH
        )
    return dag
