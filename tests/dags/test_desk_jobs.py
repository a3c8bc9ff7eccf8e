"""The DAG of the desk's jobs: one for all lanes, started by the desk only, with the lane in its params."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, ExceptionRetryPolicy
from airflow.serialization.serialized_objects import DagSerialization

from cartage.errors import SettingsError
from cartage_airflow import alarms
from cartage_airflow.alarms import CartageNotifier
from cartage_airflow.operators.desk_jobs import DeskJobOperator
from tests.dags.conftest import Bag, lane


@pytest.fixture
def dag(bag: Bag) -> DAG:
    found = bag(lane("alpha") + lane("beta"))
    assert found.import_errors == {}
    assert [dag_id for dag_id in found.dags if dag_id.startswith("desk_jobs")] == ["desk_jobs"]
    dag: DAG = found.dags["desk_jobs"]
    return dag


def test_it_has_no_schedule_and_is_not_paused_at_first(dag: DAG) -> None:
    assert {dag.schedule} == {None}
    assert dag.is_paused_upon_creation is False
    assert "Only the desk starts it" in (dag.doc_md or "")
    DagSerialization.from_dict(DagSerialization.to_dict(dag))


def test_a_run_names_its_lane_and_job(dag: DAG) -> None:
    assert dag.params.dump() == {"lane": None, "job": None}
    task: Any = dag.get_task("run_job")
    rendered = {
        name: dag.get_template_env()
        .from_string(getattr(task, name))
        .render(params={"lane": "beta", "job": 7})
        for name in task.template_fields
    }
    assert rendered == {"lane": "beta", "job": "7"}


def test_it_retries_and_alerts_like_the_tasks_of_lanes(dag: DAG) -> None:
    task: Any = dag.get_task("run_job")
    assert task.retries == 3
    assert isinstance(task.retry_policy, ExceptionRetryPolicy)
    assert isinstance(task.on_failure_callback[0], CartageNotifier)
    assert task.execution_timeout == timedelta(hours=1)


@pytest.mark.parametrize(("lane_name", "job"), [("", "7"), ("beta", ""), ("", ""), ("beta", "x")])
def test_a_run_that_names_no_lane_and_job_is_refused(lane_name: str, job: str) -> None:
    task: Any = DeskJobOperator(task_id="run_job", lane=lane_name, job=job)
    with pytest.raises(SettingsError, match="The desk starts these runs"):
        task.execute({})


def test_the_alert_of_a_dead_process_goes_to_the_runs_lane(dag: DAG) -> None:
    """Airflow runs the callback elsewhere then, and the task's fields are not rendered."""
    context: Any = {"task": dag.get_task("run_job"), "params": {"lane": "beta", "job": 7}}
    assert alarms._lane_of(context) == "beta"
