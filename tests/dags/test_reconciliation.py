"""The reconciliation DAG: one task, daily unless the lane says otherwise, in the background."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG

from cartage_airflow.operators.reconciliation import ReconcileOperator
from tests.dags.conftest import Bag, lane


@pytest.fixture
def dag(bag: Bag) -> DAG:
    found = bag(lane("alpha"))
    assert found.import_errors == {}
    wanted: DAG = found.dags["reconciliation__alpha"]
    return wanted


def test_it_has_one_task_that_takes_the_background_share_of_the_calls(dag: DAG) -> None:
    [task] = dag.tasks
    assert isinstance(task, ReconcileOperator)
    assert (task.task_id, task.background) == ("compare", True)
    assert (task.window_start, task.window_end) == ("", "")
    assert task.execution_timeout is not None
    assert task.execution_timeout.total_seconds() == 3 * 3600


def test_it_runs_once_a_day_and_one_run_at_a_time(dag: DAG) -> None:
    timetable: Any = dag.timetable
    assert timetable.expression == "15 4 * * *"
    assert (dag.max_active_runs, dag.catchup) == (1, False)
    assert dag.params["days"] is None


@pytest.mark.parametrize("written", ["off", "'off'"])
def test_a_lane_may_have_it_on_demand_alone(bag: Bag, written: str) -> None:
    lanes = lane("alpha").replace("schedules: {", f"schedules: {{reconciliation: {written}, ")
    dag = bag(lanes).dags["reconciliation__alpha"]
    assert dag.schedule is None


def test_its_schedule_is_the_lanes(bag: Bag) -> None:
    lanes = lane("alpha").replace("schedules: {", 'schedules: {reconciliation: "30 1 * * 0", ')
    timetable: Any = bag(lanes).dags["reconciliation__alpha"].timetable
    assert timetable.expression == "30 1 * * 0"


def test_its_page_says_that_it_changes_nothing_and_leads_to_the_desk(dag: DAG) -> None:
    page = dag.doc_md or ""
    assert "It changes nothing by itself" in page
    assert "/cartage/differences?lane=alpha" in page
