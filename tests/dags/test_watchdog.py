"""How lanes are watched: one DAG for all of them, and deadlines on their runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import CronTriggerTimetable
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineReference
from airflow.serialization.serialized_objects import DagSerialization

from cartage_airflow import alarms
from tests.dags.conftest import Bag, lane


@pytest.mark.parametrize("lanes", ["", lane("alpha") + lane("beta")], ids=["no lane", "two lanes"])
def test_there_is_one_watchdog_whatever_lanes_there_are(bag: Bag, lanes: str) -> None:
    dag: Any = bag(lanes or " {}").dags["watchdog"]
    assert [task.task_id for task in dag.tasks] == ["watch"]
    assert isinstance(dag.timetable, CronTriggerTimetable)
    assert dag.timetable.expression == "*/5 * * * *"
    assert dag.max_active_runs == 1
    assert dag.catchup is False


def test_the_watchdog_is_not_paused_at_first(bag: Bag) -> None:
    assert bag(lane("alpha")).dags["watchdog"].is_paused_upon_creation is False


@pytest.mark.parametrize(
    ("family", "last"), [("orders", "mark_processing"), ("shipments", "update_order_status")]
)
def test_a_run_that_does_not_end_in_time_alerts(bag: Bag, family: str, last: str) -> None:
    settings = lane("alpha") + "    alerts: {limits: {run: 7m}}\n"
    dag: Any = bag(settings).dags[f"{family}__alpha"]
    [deadline] = dag.deadline
    assert deadline.interval == timedelta(minutes=7)
    assert deadline.reference == DeadlineReference.DAGRUN_QUEUED_AT
    assert isinstance(deadline.callback, SyncCallback)
    assert deadline.callback.path == f"{alarms.__name__}.{alarms.run_is_late.__name__}"
    assert deadline.callback.kwargs == {"lane": "alpha", "dag_id": f"{family}__alpha", "last_task": last}
    assert last in dag.task_dict


def test_a_backfill_of_long_windows_has_no_deadline(bag: Bag) -> None:
    assert not bag(lane("alpha")).dags["orders_history__alpha"].deadline


def test_airflow_can_store_it(bag: Bag) -> None:
    dag = bag(lane("alpha")).dags["watchdog"]
    DagSerialization.from_dict(DagSerialization.to_dict(dag))
