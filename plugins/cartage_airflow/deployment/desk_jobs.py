"""The DAG `desk_jobs`: jobs that people started at the desk, of all lanes."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from cartage_airflow import manual
from cartage_airflow.deployment.deployment_dag import deployment_dag
from cartage_airflow.lane_dag import job_params
from cartage_airflow.operators.desk_jobs import DeskJobOperator
from cartage_airflow.task_defaults import shared_args

# Jobs that may run side by side, of all lanes, and how long one may take.
_JOB_RUNS = 16
_LONGEST_JOB = timedelta(hours=1)


def desk_jobs_dag() -> DAG:
    """Return `desk_jobs`: jobs that a person started at the desk. Only the desk starts its runs, and names the lane.

    There is one for all lanes: what a run may do is what the desk has recorded for its lane. It is not paused at first,
    because the person at the desk could not unpause it.
    """
    with deployment_dag(
        "desk_jobs",
        description=manual.DESK_JOBS,
        doc_md=manual.DESK_JOBS_PAGE,
        max_active_runs=_JOB_RUNS,
        params=job_params(),
        default_args=shared_args() | {"execution_timeout": _LONGEST_JOB},
    ) as dag:
        DeskJobOperator(task_id="run_job")
    return dag
