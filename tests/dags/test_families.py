"""What the DAGs of a lane look like to Airflow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, AssetOrTimeSchedule, CronDataIntervalTimetable, ExceptionRetryPolicy
from airflow.sdk.definitions.context import _AIRFLOW_PARSING_CONTEXT_DAG_ID
from airflow.serialization.serialized_objects import DagSerialization

from cartage.lanes.compiled import compiled_lanes, lookup
from cartage.lanes.compiled.notation import decode_lane
from cartage.lanes.loader import LaneContent
from cartage.lanes.sources.texts import SourceText
from cartage_airflow import families
from cartage_airflow.alarms import CartageNotifier, log_failure
from cartage_airflow.assets import lane_asset
from cartage_airflow.operators.orders import MarkProcessingOperator
from tests.dags.conftest import Bag, lane

# Those with a schedule, and it; `test_history.py` has the one without.
FAMILIES = {"orders": "*/5 * * * *", "shipments": "*/10 * * * *"}


@pytest.fixture
def dags(bag: Bag) -> dict[str, DAG]:
    found = bag(lane("alpha") + lane("beta"))
    assert found.import_errors == {}
    return of_lanes(found)


def of_lanes(found: Any) -> dict[str, DAG]:
    """Return the DAGs of lanes; `test_watchdog.py` and `test_housekeeping.py` test those of the deployment."""
    return {dag_id: dag for dag_id, dag in found.dags.items() if "__" in dag_id}


def tasks(dag: DAG) -> list[Any]:
    return list(dag.tasks)


def test_each_lane_has_one_dag_of_each_family(dags: dict[str, DAG]) -> None:
    families = [*FAMILIES, "orders_history", "preflight", "reconciliation"]
    assert set(dags) == {f"{family}__{name}" for family in families for name in ("alpha", "beta")}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_dag_has_tags_for_its_family_lane_warehouse_and_mode(dags: dict[str, DAG], family: str) -> None:
    assert dags[f"{family}__beta"].tags == {
        "cartage",
        family,
        "lane:beta",
        "warehouse:extensiv",
        "mode:live",
    }


@pytest.mark.parametrize(
    ("mode", "words"), [("off", "**off**"), ("shadow", "**shadow**"), ("drain", "**drains**")]
)
def test_a_dag_shows_the_mode_of_its_lane(bag: Bag, mode: str, words: str) -> None:
    dags = of_lanes(bag(f"{lane('alpha')}    mode: {mode}\n"))
    for dag in dags.values():
        assert f"mode:{mode}" in dag.tags
        assert words in (dag.doc_md or "")


def test_a_lane_that_is_off_has_no_schedule(bag: Bag) -> None:
    dags = of_lanes(bag(f"{lane('alpha')}    mode: off\n"))
    assert len(dags) >= len(FAMILIES)
    assert {dag.schedule for dag in dags.values()} == {None}


@pytest.mark.parametrize("family", FAMILIES)
def test_windows_are_data_intervals_in_utc(dags: dict[str, DAG], family: str) -> None:
    """A bare cron string would give empty windows in Airflow 3."""
    timetable = dags[f"{family}__alpha"].timetable
    assert isinstance(timetable, CronDataIntervalTimetable)
    assert timetable.expression == FAMILIES[family]
    assert str(timetable.timezone) == "UTC"


LOOKS = "look_for_orders_every: 10s, look_for_shipments_every: 15s"


def looking(name: str) -> str:
    """Return a lane that looks for new work between its windows."""
    return lane(name).replace("schedules: {", f"schedules: {{{LOOKS}, ")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lane_that_looks_has_its_windows_and_a_watcher(bag: Bag, family: str) -> None:
    found = bag(looking("alpha") + lane("beta"))
    assert found.import_errors == {}
    schedule = found.dags[f"{family}__alpha"].timetable
    assert isinstance(schedule, AssetOrTimeSchedule)
    assert isinstance(schedule.timetable, CronDataIntervalTimetable)
    assert schedule.timetable.expression == FAMILIES[family]
    [asset] = schedule.asset_condition.objects  # type: ignore[attr-defined]
    assert asset.name == f"new_{family}__alpha"
    [watcher] = asset.watchers
    assert watcher.trigger.serialize()[1] == {"lane": "alpha", "part": family}
    assert isinstance(found.dags[f"{family}__beta"].timetable, CronDataIntervalTimetable)
    assert not isinstance(found.dags["orders_history__alpha"].timetable, AssetOrTimeSchedule)


def test_a_lane_that_looks_can_be_backfilled(bag: Bag) -> None:
    """Airflow refuses to backfill a DAG that is scheduled on assets alone."""
    dag = bag(looking("alpha")).dags["orders__alpha"]
    read = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert read.timetable.periodic


def test_a_task_builds_the_windows_alone(bag: Bag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_AIRFLOW_PARSING_CONTEXT_DAG_ID, "orders__alpha")
    dag = bag(looking("alpha")).dags["orders__alpha"]
    assert isinstance(dag.timetable, CronDataIntervalTimetable)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_caught_up_and_the_first_window_is_the_go_live_day(
    dags: dict[str, DAG], family: str
) -> None:
    dag = dags[f"{family}__alpha"]
    assert dag.catchup is False
    # Midnight in New York on 1 November 2026, the day on which its clocks go back.
    assert dag.start_date == datetime(2026, 11, 1, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("family", FAMILIES)
def test_live_and_backfilled_windows_may_run_side_by_side(dags: dict[str, DAG], family: str) -> None:
    dag = dags[f"{family}__alpha"]
    assert 2 <= dag.max_active_runs <= 4
    assert dag.max_active_tasks >= 2


def test_orders_run_from_import_to_processing_and_blocked_orders_follows_validation(
    dags: dict[str, DAG],
) -> None:
    downstream = {task.task_id: task.downstream_task_ids for task in tasks(dags["orders__alpha"])}
    assert downstream == {
        "import_orders": {"validate_mappings"},
        "validate_mappings": {"settle_outcomes", "blocked_orders"},
        "settle_outcomes": {"transfer_to_warehouse"},
        "transfer_to_warehouse": {"mark_processing"},
        "mark_processing": set(),
        "blocked_orders": set(),
    }


def test_the_first_window_contains_the_go_live_even_if_no_window_starts_then(bag: Bag) -> None:
    """18:30 UTC is midnight in Kolkata. With that as the start date, Airflow would not run the window of 18:00."""
    hourly = lane("alpha").replace("America/New_York", "Asia/Kolkata").replace("*/5 * * * *", "0 * * * *")
    dag = bag(hourly).dags["orders__alpha"]
    assert dag.start_date == datetime(2026, 10, 31, 18, 0, tzinfo=UTC)


def test_tracking_is_polled_before_it_is_posted(dags: dict[str, DAG]) -> None:
    downstream = {task.task_id: task.downstream_task_ids for task in tasks(dags["shipments__alpha"])}
    assert downstream == {"poll_tracking": {"update_order_status"}, "update_order_status": set()}


def test_every_task_has_a_timeout_an_owner_and_its_lane(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        for task in tasks(dag):
            # The lists of a large store take longer than a stage may.
            longest = timedelta(hours=3) if task.stage == "compare" else timedelta(minutes=20)
            assert task.execution_timeout == longest
            assert task.owner == "cartage"
            assert task.lane == dag.dag_id.partition("__")[2]
            assert getattr(task, "section", task.stage) == task.task_id


def test_every_task_but_blocked_orders_retries_by_policy_and_alerts_at_last(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        for task in tasks(dag):
            if task.task_id == "blocked_orders":
                continue
            assert task.retries == 3
            assert isinstance(task.retry_policy, ExceptionRetryPolicy)
            assert list(task.on_retry_callback) == [log_failure]
            notifier, logged_last = task.on_failure_callback
            assert isinstance(notifier, CartageNotifier)
            assert logged_last is log_failure


def test_blocked_orders_fails_at_once_and_sends_no_alert_itself(dags: dict[str, DAG]) -> None:
    task: Any = dags["orders__alpha"].get_task("blocked_orders")
    assert task.retries == 0
    assert not task.on_failure_callback
    assert not task.on_retry_callback


def test_a_pool_is_used_only_if_the_deployment_names_one(bag: Bag, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow never starts a task whose pool does not exist."""
    assert {task.pool for dag in bag(lane("alpha")).dags.values() for task in tasks(dag)} == {"default_pool"}
    monkeypatch.setenv("CARTAGE_POOL", "cartage")
    assert {task.pool for dag in bag(lane("alpha")).dags.values() for task in tasks(dag)} == {"cartage"}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_docs_of_a_dag_say_what_to_do_when_it_is_red(dags: dict[str, DAG], family: str) -> None:
    page = dags[f"{family}__alpha"].doc_md or ""
    for part in ("When a task is red", "threedcart_alpha", "extensiv_alpha", "What it moved"):
        assert part in page
    assert "{" not in page.replace("{{", "")


def test_the_docs_of_orders_say_what_the_two_dates_of_a_backfill_mean(dags: dict[str, DAG]) -> None:
    page = dags["orders__alpha"].doc_md or ""
    assert "airflow backfill create --dag-id orders__alpha" in page
    assert "both are included" in page


@pytest.mark.parametrize("family", FAMILIES)
def test_a_task_may_skip_those_after_it_that_have_nothing_to_do(dags: dict[str, DAG], family: str) -> None:
    """With Airflow's default rule, every task after a skipped one would be skipped, work or not."""
    for task in tasks(dags[f"{family}__alpha"]):
        assert task.skip_idle
        assert task.trigger_rule == "none_failed"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_docs_of_a_dag_say_what_pink_means(dags: dict[str, DAG], family: str) -> None:
    page = dags[f"{family}__alpha"].doc_md or ""
    assert "When a task is pink" in page
    assert "nothing to do" in page


def test_a_manual_run_may_have_a_window(dags: dict[str, DAG]) -> None:
    params = dags["orders__alpha"].params
    assert params.dump() == {"window_start": None, "window_end": None}
    for text in ("2026-11-23T14:00:00Z", "2026-11-23T14:00:00+02:00"):
        params["window_start"] = text
        assert params.validate()["window_start"] == text


def test_airflow_can_store_the_dags(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        DagSerialization.from_dict(DagSerialization.to_dict(dag))


def test_tasks_update_the_assets_of_their_lane(dags: dict[str, DAG]) -> None:
    outlets = {
        (dag_id, task.task_id): task.outlets
        for dag_id, dag in dags.items()
        for task in tasks(dag)
        if task.outlets and dag_id.endswith("__alpha")
    }
    transferred = [lane_asset("orders_transferred", "alpha")]
    assert outlets == {
        ("orders__alpha", "transfer_to_warehouse"): transferred,
        ("orders_history__alpha", "transfer_to_warehouse"): transferred,
        ("shipments__alpha", "update_order_status"): [lane_asset("shipments_posted", "alpha")],
    }


def test_a_dag_that_cannot_be_built_is_left_out_and_stops_no_other(
    bag: Bag, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_for_beta(*, lane: str, **given: Any) -> MarkProcessingOperator:
        if lane == "beta":
            raise RuntimeError("a bug")
        return MarkProcessingOperator(lane=lane, **given)

    monkeypatch.setattr(families, "MarkProcessingOperator", fails_for_beta)
    found = bag(lane("alpha") + lane("beta"))
    assert found.import_errors == {}
    orders = {dag_id for dag_id in of_lanes(found) if dag_id.startswith("orders")}
    assert orders == {"orders__alpha", "orders_history__alpha"}


def test_a_task_process_builds_only_the_dag_of_its_task(bag: Bag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_AIRFLOW_PARSING_CONTEXT_DAG_ID, "orders__beta")
    assert set(of_lanes(bag(lane("alpha") + lane("beta")))) == {"orders__beta"}


def test_a_task_process_reads_only_the_lane_of_its_task(bag: Bag, monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = lane("alpha") + lane("beta") + lane("gamma")
    bag(lanes)  # the dag-processor has read and compiled them
    monkeypatch.setattr(lookup, "_CACHE", lookup._Cache())
    read: list[str] = []

    def note(name: str, text: memoryview) -> LaneContent:
        read.append(name)
        return decode_lane(name, text)

    def refuse(source: SourceText) -> None:
        raise AssertionError(f"{source.path} is parsed again")

    monkeypatch.setattr(compiled_lanes, "decode_lane", note)
    monkeypatch.setattr(compiled_lanes, "read_content", refuse)
    monkeypatch.setenv(_AIRFLOW_PARSING_CONTEXT_DAG_ID, "orders__beta")
    assert set(families.lane_dags("orders")) == {"orders__beta"}
    assert read == ["beta"]


@pytest.mark.parametrize(
    "dag_id", ["orders__gone", "shipments__beta", "orders_history__beta", "my_own_dag", "orders__"]
)
def test_a_task_process_of_another_dag_builds_none_of_the_family(
    bag: Bag, monkeypatch: pytest.MonkeyPatch, dag_id: str
) -> None:
    bag(lane("alpha") + lane("beta"))
    monkeypatch.setenv(_AIRFLOW_PARSING_CONTEXT_DAG_ID, dag_id)
    assert families.lane_dags("orders") == {}
