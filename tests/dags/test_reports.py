"""The DAG of the weekly report."""

from __future__ import annotations

from typing import Any

import pendulum
import pytest
from airflow.sdk import CronTriggerTimetable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from tests.dags.conftest import Bag, lane


def test_it_sends_the_reports_once_a_week(bag: Bag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CARTAGE_REPORTS_CRON", raising=False)
    dag: Any = bag(lane("alpha")).dags["reports"]
    assert [task.task_id for task in dag.tasks] == ["send_reports"]
    assert isinstance(dag.timetable, CronTriggerTimetable)
    assert dag.timetable.expression == "0 11 * * 1"
    assert (dag.catchup, dag.max_active_runs, dag.start_date) == (False, 1, None)
    assert dag.params["again"] is False
    DagSerialization.from_dict(DagSerialization.to_dict(dag))


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-30 11:02", "2026-11-30 11:00"),  # Monday, while the scheduler is on its way to it
        ("2026-11-30 12:00", "2026-12-07 11:00"),
        ("2026-12-02 09:00", "2026-12-07 11:00"),
    ],
)
def test_a_new_deployment_sends_no_report_of_a_time_that_has_passed(
    bag: Bag, monkeypatch: pytest.MonkeyPatch, now: str, first: str
) -> None:
    monkeypatch.delenv("CARTAGE_REPORTS_CRON", raising=False)
    dag = bag(lane("alpha")).dags["reports"]
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    monkeypatch.setattr("airflow.timetables.trigger.utcnow", lambda: pendulum.parse(now))
    restriction = TimeRestriction(earliest=None, latest=None, catchup=False)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert info is not None
    assert info.run_after == pendulum.parse(first)


def test_the_deployment_says_when(bag: Bag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_REPORTS_CRON", "30 6 1 * *")
    dag: Any = bag(lane("alpha")).dags["reports"]
    assert dag.timetable.expression == "30 6 1 * *"


def test_a_wrong_time_is_named_and_breaks_no_other_dag(bag: Bag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_REPORTS_CRON", "monday")
    found = bag(lane("alpha"))
    [(file, error)] = found.import_errors.items()
    assert file.endswith("reports.py")
    assert "CARTAGE_REPORTS_CRON" in error
    assert "'monday' is not a cron expression" in error
    assert {"orders__alpha", "housekeeping"} <= found.dags.keys()
