"""The DAG that asks people for decisions: only for lanes that are set up for it, one run per request, no timeout."""

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


def test_only_a_lane_with_required_actions_has_the_dag(bag: Bag) -> None:
    families = [dag for dag in bag(ASKS + lane("beta")).dags if dag.startswith("required_actions")]
    assert families == [DAG_ID]


def test_it_has_no_schedule_and_is_not_paused_at_first(dag: DAG) -> None:
    assert {dag.schedule} == {None}
    assert dag.is_paused_upon_creation is False


def test_the_lane_limits_how_many_requests_are_open(dag: DAG) -> None:
    assert dag.max_active_runs == 7


def test_a_request_waits_for_a_person_without_a_timeout(dag: DAG) -> None:
    asked: Any = dag.get_task("ask")
    assert isinstance(asked, HITLOperator)
    assert (asked.execution_timeout, asked.response_timeout, asked.defaults) == (None, None, None)
    assert asked.downstream_task_ids == {"carry_out"}


def test_no_task_of_the_orders_dag_waits_for_a_person(bag: Bag) -> None:
    for dag_id, dag in bag(ASKS).dags.items():
        waiting = [task.task_id for task in dag.tasks if isinstance(task, HITLOperator)]
        assert waiting == (["ask"] if dag_id == DAG_ID else [])


def test_its_docs_say_what_red_and_skipped_mean(dag: DAG) -> None:
    page = dag.doc_md or ""
    assert "When a task is red" in page
    assert "**skipped**" in page
    assert "{" not in page


def test_airflow_can_store_it(dag: DAG) -> None:
    DagSerialization.from_dict(DagSerialization.to_dict(dag))
