"""What the DAGs of the whole deployment have in common."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable


def deployment_dag(dag_id: str, *, cron: str = "", **settings: Any) -> DAG:
    """Return a DAG of which there is one for all lanes, on a cron in UTC; without one it has no schedule.

    It is not paused at first: nobody would notice that it does not run. It has no start date: with one, Airflow would
    run the last window when it first sees the DAG.
    """
    return DAG(
        dag_id=dag_id,
        schedule=CronTriggerTimetable(cron, timezone="UTC") if cron else None,
        catchup=False,
        tags={"cartage", dag_id},
        is_paused_upon_creation=False,
        **settings,
    )
