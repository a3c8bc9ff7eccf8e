"""`orders_history`: its windows run by backfill or by hand, never by the scheduler, as Airflow's own code decides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.serialization.definitions.dag import SerializedDAG
from airflow.serialization.serialized_objects import DagSerialization

from cartage_airflow.history import HistoryTimetable
from tests.dags.conftest import Bag, lane

DAILY = lane("alpha")
HOURLY = DAILY.replace("schedules: {", "schedules: {history_windows: hourly, ")


def history(bag: Bag, lanes: str = DAILY) -> DAG:
    found = bag(lanes)
    assert found.import_errors == {}
    return found.dags["orders_history__alpha"]


def stored(dag: DAG) -> SerializedDAG:
    """The DAG as the scheduler and the api-server read it from Airflow's database."""
    return DagSerialization.from_dict(DagSerialization.to_dict(dag))


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_the_scheduler_never_gets_a_next_run(bag: Bag) -> None:
    dag = stored(history(bag))
    assert dag.catchup is False
    assert dag.next_dagrun_info(last_automated_run_info=None) is None
    (info,) = dag.iter_dagrun_infos_between(at(3), at(3))
    assert dag.next_dagrun_info(last_automated_run_info=info) is None
    assert dag.timetable.can_be_scheduled is False


@pytest.mark.parametrize(
    ("lanes", "last", "starts"),
    [
        (DAILY, at(5), [at(3), at(4), at(5)]),
        (HOURLY, at(3, 2), [at(3, 0), at(3, 1), at(3, 2)]),
    ],
)
def test_a_backfill_has_every_window_that_starts_between_its_dates_inclusive(
    bag: Bag, lanes: str, last: datetime, starts: list[datetime]
) -> None:
    dag = stored(history(bag, lanes))
    assert dag.timetable.periodic  # else Airflow refuses the backfill
    windows = [info.data_interval for info in dag.iter_dagrun_infos_between(at(3), last)]
    found = [window.start for window in windows if window is not None]
    assert found == starts
    assert [window.end for window in windows if window is not None][:-1] == found[1:]


def test_airflow_stores_the_timetable_by_a_name_that_the_plugin_registers(bag: Bag) -> None:
    again = stored(history(bag)).timetable
    assert isinstance(again, HistoryTimetable)
    assert again.summary == "backfill only"


def test_it_is_not_paused_at_first_and_runs_few_windows_in_parallel(bag: Bag) -> None:
    dag = history(bag)
    assert dag.is_paused_upon_creation is False
    assert dag.max_active_runs == 2


def test_it_has_the_stages_of_orders(bag: Bag) -> None:
    def stages(dag: DAG) -> dict[str, set[str]]:
        return {task.task_id: task.downstream_task_ids for task in dag.tasks}

    found = bag(DAILY)
    assert stages(found.dags["orders_history__alpha"]) == stages(found.dags["orders__alpha"])


def test_its_runs_take_the_background_share_of_the_calls_and_those_of_orders_all(bag: Bag) -> None:
    def background(dag: DAG) -> set[bool]:
        tasks: list[Any] = list(dag.tasks)
        return {task.background for task in tasks}

    found = bag(DAILY)
    assert background(found.dags["orders_history__alpha"]) == {True}
    assert background(found.dags["orders__alpha"]) == {False}


def test_the_day_of_the_go_live_can_be_backfilled(bag: Bag) -> None:
    """It begins at midnight UTC, four hours before the go-live in New York: Airflow starts no task before that date."""
    assert history(bag).start_date == at(1)


def test_its_docs_say_that_it_has_no_schedule(bag: Bag) -> None:
    page = history(bag).doc_md or ""
    for text in (
        "It has no schedule",
        "airflow backfill create --dag-id orders_history__alpha",
        "both are included",
    ):
        assert text in page
    assert "/cartage/coverage?lane=alpha" in page
