"""The preflight DAG: a task for each section, in parallel, daily."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG, CronDataIntervalTimetable

from cartage.preflight import SECTION_NAMES
from cartage_airflow.operators.preflight import PreflightOperator
from tests.dags.conftest import Bag, lane


@pytest.fixture
def dag(bag: Bag) -> DAG:
    found = bag(lane("alpha"))
    assert found.import_errors == {}
    wanted: DAG = found.dags["preflight__alpha"]
    return wanted


def test_each_section_is_a_task_that_waits_for_no_other(dag: DAG) -> None:
    assert {task.task_id for task in dag.tasks} == set(SECTION_NAMES)
    assert all(not task.upstream_task_ids and not task.downstream_task_ids for task in dag.tasks)


def test_it_runs_once_a_day_and_one_run_at_a_time(dag: DAG) -> None:
    assert isinstance(dag.timetable, CronDataIntervalTimetable)
    assert dag.timetable.expression == "0 6 * * *"
    assert dag.max_active_runs == 1
    assert dag.catchup is False


def test_it_takes_the_background_share_of_the_calls_and_has_no_window(dag: DAG) -> None:
    for task in dag.tasks:
        assert isinstance(task, PreflightOperator)
        assert task.background
        assert (task.window_start, task.window_end) == ("", "")


def test_its_schedule_is_the_lanes(bag: Bag) -> None:
    lanes = lane("alpha").replace("schedules: {", 'schedules: {preflight: "30 4 * * 1", ')
    timetable: Any = bag(lanes).dags["preflight__alpha"].timetable
    assert timetable.expression == "30 4 * * 1"


def test_its_page_names_every_section_and_what_to_do_when_it_is_red(dag: DAG) -> None:
    page = dag.doc_md or ""
    assert all(f"`{section}`" in page for section in SECTION_NAMES)
    assert "When a task is red" in page
    assert "threedcart_alpha" in page and "extensiv_alpha" in page


def test_it_runs_before_the_lane_goes_live(bag: Bag) -> None:
    dag = bag(lane("alpha", go_live="2099-01-01")).dags["preflight__alpha"]
    assert dag.start_date is not None
    assert dag.start_date.year == 2020
