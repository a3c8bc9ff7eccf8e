"""What the operators do around a stage. The stage itself is a double here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, CronDataIntervalTimetable, Param
from airflow.sdk.exceptions import AirflowFailException

from cartage import dispatch as stages
from cartage import lanes
from cartage.errors import AuthFailed, SettingsError
from cartage.inventory import update_stock
from cartage.lanes.settings.lane import Lane
from cartage.postback import update_order_status
from cartage.runtime import context as stage_context
from cartage.runtime.run import Run, Window
from cartage.sending import transfer_to_warehouse
from cartage_airflow.assets import lane_asset
from cartage_airflow.operators.base import StageOperator
from cartage_airflow.operators.inventory import PollStockOperator, UpdateStockOperator
from cartage_airflow.operators.orders import (
    BlockedOrdersOperator,
    ImportOrdersOperator,
    MarkProcessingOperator,
    SettleOutcomesOperator,
    TransferToWarehouseOperator,
    ValidateMappingsOperator,
)
from cartage_airflow.operators.shipments import PollTrackingOperator, UpdateOrderStatusOperator
from cartage_airflow.resolver import AirflowResolver
from cartage_airflow.stopping import StageStopped

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
END = START + timedelta(minutes=5)
RUN_ID = "scheduled__2026-11-23T12:05:00+00:00"

OPERATORS: dict[str, type[StageOperator]] = {
    "import_orders": ImportOrdersOperator,
    "validate_mappings": ValidateMappingsOperator,
    "blocked_orders": BlockedOrdersOperator,
    "settle_outcomes": SettleOutcomesOperator,
    "transfer_to_warehouse": TransferToWarehouseOperator,
    "mark_processing": MarkProcessingOperator,
    "poll_tracking": PollTrackingOperator,
    "update_order_status": UpdateOrderStatusOperator,
    "poll_stock": PollStockOperator,
    "update_stock": UpdateStockOperator,
}

World = SimpleNamespace
Stage = Callable[[World], dict[str, int]]


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch) -> Lane:
    found = Lane.model_validate(
        {
            "name": "demo",
            "store": {"connection": "store", "time_zone": "America/New_York", "go_live": "2026-11-01"},
            "warehouse": {"connector": "extensiv", "connection": "warehouse"},
        }
    )
    monkeypatch.setattr(lanes, "get_lane", lambda name: {"demo": found}[name])
    return found


@pytest.fixture
def worlds(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """The context that each stage got. Opening a lane needs no ledger here."""
    opened: list[World] = []

    @contextmanager
    def open_lane(lane: Lane, run: Run, **given: Any) -> Iterator[World]:
        ledger = SimpleNamespace(begin=lambda: nullcontext("a connection"))
        opened.append(SimpleNamespace(lane=lane, run=run, ledger=ledger, closed=False, **given))
        yield opened[-1]
        opened[-1].closed = True

    monkeypatch.setattr(stage_context, "open_lane", open_lane)
    return opened


@pytest.fixture
def stage_returns(worlds: list[World], monkeypatch: pytest.MonkeyPatch) -> Callable[[Stage], None]:
    """Make every stage return what this function returns."""

    def register(stage: Stage) -> None:
        monkeypatch.setattr(stages, "stage", lambda _: stage)

    register(lambda _: {"seen": 3, "imported": 2, "skipped": 0})
    return register


def context(*, run_type: str = "scheduled", **given: Any) -> Any:
    task = SimpleNamespace(
        dag_id="orders__demo",
        run_id=RUN_ID,
        task_id="a_task",
        try_number=2,
        log_url="http://airflow.example/log",
        get_dr_count=lambda **_: 0,
    )
    dag = SimpleNamespace(timetable=CronDataIntervalTimetable("*/5 * * * *", timezone="UTC"))
    run = SimpleNamespace(run_type=run_type, data_interval_end=END)
    return {"ti": task, "dag_run": run, "dag": dag, **given}


def operator(stage: str = "import_orders", **given: Any) -> StageOperator:
    window = {"window_start": START.isoformat(), "window_end": END.isoformat()}
    return OPERATORS[stage](task_id=stage, lane="demo", **(window | given))


def test_there_is_an_operator_for_each_stage() -> None:
    assert {name: kind.stage for name, kind in OPERATORS.items()} == {
        name: name for name in stages.STAGE_NAMES
    }


@pytest.mark.parametrize("stage", [name for name in OPERATORS if name != "blocked_orders"])
def test_a_stage_gets_its_lane_window_and_run_and_its_counts_come_back(
    stage: str, worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    assert operator(stage).execute(context()) == {"seen": 3, "imported": 2, "skipped": 0}
    (world,) = worlds
    assert world.lane.name == "demo"
    assert world.window == Window(START, END)
    assert world.run.id == f"orders__demo/{RUN_ID}/a_task/2"
    assert world.run.dag_run == f"orders__demo/{RUN_ID}"
    assert world.run.stage == stage
    assert world.links.log == "http://airflow.example/log"
    assert isinstance(world.resolver, AirflowResolver)
    assert world.closed


def test_a_task_that_did_nothing_has_no_buttons(
    worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    moved, nothing = operator(), operator("poll_tracking")
    moved.execute(context())
    stage_returns(lambda _: {"seen": 0, "imported": 0})
    nothing.execute(context())
    assert [link.name for link in moved.operator_extra_links] == ["What it moved", "At the desk"]
    assert list(nothing.operator_extra_links) == []


def test_the_counts_are_one_readable_line(
    stage_returns: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    operator().execute(context())
    window = "(window 2026-11-23 12:00:00 to 2026-11-23 12:05:00 UTC)"
    assert f"lane demo: import_orders: 3 seen, 2 imported {window}" in capsys.readouterr().out


def test_only_the_import_of_a_scheduled_run_may_sweep(
    worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    operator("import_orders").execute(context())
    operator("transfer_to_warehouse").execute(context())
    operator("import_orders").execute(context(run_type="backfill"))
    assert [world.run.may_sweep for world in worlds] == [True, False, False]


def test_a_backfill_takes_only_the_background_share_of_the_calls(
    worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    operator().execute(context(run_type="backfill"))
    operator().execute(context(run_type="manual"))
    assert [world.run.background for world in worlds] == [True, False]


def test_a_task_of_history_takes_the_background_share_of_the_calls_and_never_sweeps(
    worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    for run_type in ("scheduled", "manual"):
        operator("import_orders", background=True).execute(context(run_type=run_type))
    assert [(world.run.background, world.run.may_sweep) for world in worlds] == [(True, False)] * 2


def test_a_run_of_history_without_a_window_fails_at_once_and_says_what_it_needs(
    worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    task = operator("import_orders", background=True, window_start="", window_end="")
    with pytest.raises(SettingsError, match="window_start and window_end"):
        task.execute(context(run_type="manual"))
    assert worlds == []


def test_a_run_that_the_lookout_started_sweeps_in_any_case(
    worlds: list[World], stage_returns: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    operator(window_start="", window_end="").execute(context(run_type="asset_triggered"))
    operator("poll_tracking", window_start="", window_end="").execute(context(run_type="asset_triggered"))
    assert [(world.run.may_sweep, world.run.announced) for world in worlds] == [(True, True), (False, True)]
    assert [world.window for world in worlds] == [None, None]
    assert "This run has no window" not in capsys.readouterr().out


def test_a_run_without_any_window_sweeps_and_says_so(
    worlds: list[World], stage_returns: Callable[[Stage], None], capsys: pytest.CaptureFixture[str]
) -> None:
    operator(window_start="", window_end="").execute(context(run_type="manual"))
    assert worlds[0].window is None
    assert worlds[0].run.may_sweep
    assert "This run has no window" in capsys.readouterr().out


def test_a_wrong_window_fails_before_anything_is_opened(
    worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    with pytest.raises(SettingsError, match="window_end"):
        operator(window_end="soon").execute(context())
    assert worlds == []


def test_an_error_of_the_engine_reaches_the_retry_policy_unchanged(
    stage_returns: Callable[[Stage], None],
) -> None:
    def fails(world: World) -> dict[str, int]:
        raise AuthFailed("3dcart store demo", "GET /Orders", "the credentials were not accepted", status=401)

    stage_returns(fails)
    with pytest.raises(AuthFailed):
        operator().execute(context())


def test_a_killed_task_tells_its_stage_to_start_nothing_new_and_does_not_succeed(
    stage_returns: Callable[[Stage], None],
) -> None:
    task = operator("transfer_to_warehouse")

    def is_killed(world: World) -> dict[str, int]:
        assert not world.stop.is_set()
        task.on_kill()
        assert world.stop.is_set()
        return {"sent": 7}

    stage_returns(is_killed)
    with pytest.raises(StageStopped, match="7 sent"):
        task.execute(context())


def test_a_stage_is_told_to_stop_before_airflow_interrupts_it(stage_returns: Callable[[Stage], None]) -> None:
    def waits(world: World) -> dict[str, int]:
        assert world.stop.wait(10)
        return {}

    stage_returns(waits)
    with pytest.raises(StageStopped, match="nothing to do"):
        operator("poll_tracking", execution_timeout=timedelta(milliseconds=2)).execute(context())


def test_killing_a_task_that_has_not_begun_does_nothing() -> None:
    operator().on_kill()


class TestBlockedOrders:
    def test_a_new_cause_fails_the_task_without_a_retry(self, stage_returns: Callable[[Stage], None]) -> None:
        stage_returns(lambda _: {"causes": 2, "orders": 9, "new": 1, "alerted": 1})
        with pytest.raises(
            AirflowFailException, match="1 new cause blocks orders of lane demo; 9 orders wait"
        ):
            operator("blocked_orders").execute(context())

    def test_known_causes_do_not_fail_the_task(self, stage_returns: Callable[[Stage], None]) -> None:
        counts = {"causes": 2, "orders": 9, "new": 0, "alerted": 0}
        stage_returns(lambda _: counts)
        assert operator("blocked_orders").execute(context()) == counts


class TestWindowFields:
    @staticmethod
    def rendered(given: dict[str, Any]) -> tuple[str, str]:
        params = {name: Param(None, type=["null", "string"]) for name in ("window_start", "window_end")}
        with DAG("orders__demo", schedule=None, params=params):
            task = ImportOrdersOperator(task_id="import_orders", lane="demo")
        task.render_template_fields(given)  # type: ignore[arg-type]
        return task.window_start, task.window_end

    def test_the_data_interval_is_the_window(self) -> None:
        given = {"params": {}, "data_interval_start": START, "data_interval_end": END}
        assert self.rendered(given) == ("2026-11-23 12:00:00+00:00", "2026-11-23 12:05:00+00:00")

    def test_the_params_of_a_run_override_its_data_interval(self) -> None:
        params = {"window_start": "2026-01-01T00:00:00Z", "window_end": "2026-01-02T00:00:00Z"}
        given = {"params": params, "data_interval_start": START, "data_interval_end": END}
        assert self.rendered(given) == ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")

    def test_a_run_without_a_data_interval_has_no_window(self) -> None:
        assert self.rendered({"params": {"window_start": None, "window_end": None}}) == ("", "")
        assert self.rendered({"params": {}, "data_interval_start": None, "data_interval_end": None}) == (
            "",
            "",
        )


class Events(dict[Any, Any]):
    """What a task says of its outlets, as Airflow's `outlet_events` collects it."""

    def __missing__(self, outlet: Any) -> Any:
        self[outlet] = SimpleNamespace(extra={})
        return self[outlet]


MOVED = {
    "transfer_to_warehouse": (
        "orders_transferred",
        {"sent": 2, "acknowledged": 2},
        {"sent": 1, "unknown": 1},
    ),
    "update_order_status": ("shipments_posted", {"orders": 3, "posted": 1}, {"orders": 3, "verified": 3}),
    "update_stock": ("stock_pushed", {"compared": 9, "written": 2}, {"compared": 9, "written": 0}),
}


@pytest.mark.parametrize("stage", MOVED)
def test_a_task_adds_an_asset_event_with_its_counts_when_it_moved_something(
    stage: str, stage_returns: Callable[[Stage], None]
) -> None:
    name, moved, _ = MOVED[stage]
    stage_returns(lambda _: moved)
    events, task = Events(), operator(stage)
    task.execute(context(outlet_events=events))
    assert task.outlets == [lane_asset(name, "demo")]
    assert events[lane_asset(name, "demo")].extra == moved


@pytest.mark.parametrize("stage", MOVED)
def test_a_task_that_moved_nothing_adds_no_asset_event(
    stage: str, stage_returns: Callable[[Stage], None]
) -> None:
    stage_returns(lambda _: MOVED[stage][2])
    events, task = Events(), operator(stage)
    assert task.outlets == [lane_asset(MOVED[stage][0], "demo")], (
        "Airflow knows the asset before the first event"
    )
    task.execute(context(outlet_events=events))
    assert task.outlets == []
    assert events == {}


def test_the_lane_may_be_a_template(stage_returns: Callable[[Stage], None]) -> None:
    stage_returns(lambda _: {"acknowledged": 1})
    with DAG("my_orders", schedule=None, params={"lane": Param("demo", type="string")}):
        task = TransferToWarehouseOperator(
            task_id="transfer", lane="{{ params.lane }}", window_start="", window_end=""
        )
    task.render_template_fields({"params": {"lane": "demo"}})
    events = Events()
    task.execute(context(outlet_events=events))
    assert task.outlets == [lane_asset("orders_transferred", "demo")]
    assert events[lane_asset("orders_transferred", "demo")].extra == {"acknowledged": 1}


@pytest.mark.parametrize(
    ("stage", "module"),
    [
        ("transfer_to_warehouse", transfer_to_warehouse),
        ("update_order_status", update_order_status),
        ("update_stock", update_stock),
    ],
)
def test_the_counts_that_mean_something_moved_are_counts_of_the_stage(stage: str, module: Any) -> None:
    assert OPERATORS[stage].moves
    assert OPERATORS[stage].moves <= set(module._COUNTS)
