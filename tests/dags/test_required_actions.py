"""The DAG that asks people about causes: only where the lane wants it, by one run per cause, bounded by no clock."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization

from tests.dags.conftest import Bag, lane

ASKS = f"{lane('alpha')}    required_actions: {{connection: airflow, most: 7}}\n"
DAG_ID = "required_actions__alpha"


@pytest.fixture
def dag(bag: Bag) -> DAG:
    found = bag(ASKS + lane("beta"))
    assert found.import_errors == {}
    wanted: DAG = found.dags[DAG_ID]
    return wanted


def test_only_a_lane_that_asks_there_has_it(bag: Bag) -> None:
    families = [dag for dag in bag(ASKS + lane("beta")).dags if dag.startswith("required_actions")]
    assert families == [DAG_ID]


def test_nothing_starts_it_by_itself_and_nobody_has_to_unpause_it(dag: DAG) -> None:
    assert {dag.schedule} == {None}
    assert dag.is_paused_upon_creation is False


def test_as_many_questions_are_open_at_once_as_the_lane_says(dag: DAG) -> None:
    assert dag.max_active_runs == 7


def test_the_question_waits_for_a_person_and_for_no_clock(dag: DAG) -> None:
    asked: Any = dag.get_task("ask")
    assert isinstance(asked, HITLOperator)
    assert (asked.execution_timeout, asked.response_timeout, asked.defaults) == (None, None, None)
    assert asked.downstream_task_ids == {"carry_out"}


def test_no_window_of_orders_holds_a_task_that_waits(bag: Bag) -> None:
    for dag_id, dag in bag(ASKS).dags.items():
        waiting = [task.task_id for task in dag.tasks if isinstance(task, HITLOperator)]
        assert waiting == (["ask"] if dag_id == DAG_ID else [])


def test_its_page_says_what_red_and_skipped_mean(dag: DAG) -> None:
    page = dag.doc_md or ""
    assert "When it is red" in page
    assert "**skipped**" in page
    assert "{" not in page


def test_airflow_can_store_it(dag: DAG) -> None:
    DagSerialization.from_dict(DagSerialization.to_dict(dag))
