"""The DAG that deletes old data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable
from airflow.serialization.serialized_objects import DagSerialization

from tests.dags.conftest import Bag, lane


def test_it_deletes_from_the_ledger_and_logs_in_parallel_once_a_night(bag: Bag) -> None:
    dag: Any = bag(lane("alpha")).dags["housekeeping"]
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {
        "purge_ledger": set(),
        "refresh_reports": set(),
        "delete_old_logs": set(),
    }
    assert isinstance(dag.timetable, CronTriggerTimetable)
    assert dag.timetable.expression == "30 3 * * *"
    assert (dag.catchup, dag.max_active_runs, dag.start_date) == (False, 1, None)
    assert all(task.execution_timeout == timedelta(hours=2) for task in dag.tasks)


def test_airflow_can_store_it(bag: Bag) -> None:
    dag = bag(lane("alpha")).dags["housekeeping"]
    DagSerialization.from_dict(DagSerialization.to_dict(dag))
