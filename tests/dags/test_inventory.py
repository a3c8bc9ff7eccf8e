"""The inventory DAG: for lanes with `inventory`, one run at a time, and it updates an asset."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import CronDataIntervalTimetable
from airflow.serialization.serialized_objects import DagSerialization

from cartage_airflow.alarms import CartageNotifier
from cartage_airflow.assets import lane_asset
from cartage_airflow.operators.inventory import PollStockOperator, UpdateStockOperator
from tests.dags.conftest import Bag, lane

INVENTORY = '    inventory: {schedule: "*/20 * * * *"}\n'


@pytest.fixture
def dag(bag: Bag) -> Any:
    found = bag(lane("alpha") + INVENTORY + lane("beta"))
    assert found.import_errors == {}
    return found.dags["inventory__alpha"]


def test_a_lane_without_inventory_has_no_inventory_dag(bag: Bag) -> None:
    assert [dag for dag in bag(lane("alpha") + INVENTORY + lane("beta")).dags if "inventory" in dag] == [
        "inventory__alpha"
    ]


def test_stock_is_polled_before_it_is_pushed_one_run_at_a_time(dag: Any) -> None:
    assert {task.task_id: task.downstream_task_ids for task in dag.tasks} == {
        "poll_stock": {"update_stock"},
        "update_stock": set(),
    }
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert isinstance(dag.timetable, CronDataIntervalTimetable)
    assert dag.timetable.expression == "*/20 * * * *"
    assert dag.start_date == datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    assert dag.tags == {"cartage", "inventory", "lane:alpha", "warehouse:extensiv", "mode:live"}


def test_its_tasks_retry_and_alert_like_the_others(dag: Any) -> None:
    assert {type(task) for task in dag.tasks} == {PollStockOperator, UpdateStockOperator}
    for task in dag.tasks:
        assert (task.lane, task.retries, task.owner) == ("alpha", 3, "cartage")
        assert isinstance(task.on_failure_callback[0], CartageNotifier)


def test_its_task_updates_the_asset_of_pushed_stock(dag: Any) -> None:
    assert dag.get_task("update_stock").outlets == [lane_asset("stock_pushed", "alpha")]


def test_a_full_sync_is_a_param_that_a_person_sets(dag: Any) -> None:
    assert dag.params.dump() == {"full": False}


def test_its_docs_say_what_to_do_about_a_paused_push(dag: Any) -> None:
    for text in (
        "When a task is red",
        "cartage stock approve --lane alpha",
        "cartage stock diff --lane alpha",
    ):
        assert text in dag.doc_md
    assert "{" not in dag.doc_md


def test_airflow_can_store_it(dag: Any) -> None:
    DagSerialization.from_dict(DagSerialization.to_dict(dag))
