"""What the DAGs of the whole deployment have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable

# How late the first run of a DAG may start. Airflow's default is a tenth of the interval (CronTriggerTimetable,
# `run_immediately`): a new deployment would mail a weekly report at once on a Monday evening. Zero would lose a first
# run whose file is parsed after its time and before the scheduler creates it.
_FIRST_RUN_LATE = timedelta(minutes=5)


def deployment_dag(dag_id: str, *, cron: str = "", **settings: Any) -> DAG:
    """Return a DAG of which there is one for all lanes, on a cron in UTC; without one it has no schedule.

    It is not paused at first: nobody would notice that it does not run. It has no start date: with one, Airflow would
    run the last window when it first sees the DAG. A first run that was due less than five minutes ago is started.
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
