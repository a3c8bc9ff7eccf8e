"""What the DAGs of the whole deployment have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable

# How late a DAG that has never run may begin its first run. Airflow's own default is a tenth of the time between two
# runs: a deployment of Monday evening would mail a weekly report at once. Without any time, a parse of the file between
# the tick and the scheduler's look would move the first run to the next tick.
_FIRST_RUN_LATE = timedelta(minutes=5)


def deployment_dag(dag_id: str, *, cron: str = "", **settings: Any) -> DAG:
    """Return a DAG of which there is one for all lanes, on a cron in UTC; without one it has no schedule.

    It is not paused at first: nobody would notice that it does not run. It has no start date: with one, Airflow would
    run the last window when it first sees the DAG.
    """
    timetable = CronTriggerTimetable(cron, timezone="UTC", run_immediately=_FIRST_RUN_LATE) if cron else None
    return DAG(
        dag_id=dag_id,
        schedule=timetable,
        catchup=False,
        tags={"cartage", dag_id},
        is_paused_upon_creation=False,
        **settings,
    )
