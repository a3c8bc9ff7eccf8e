"""What the operators of stock add to the others: red once for a stopped push, a full sync, counts with the asset."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, Asset, Param

from cartage_airflow.alarms import say_what_failed
from cartage_airflow.operators import inventory
from cartage_airflow.operators.inventory import PushStopped, UpdateStockOperator
from tests.unit.airflow.test_operators import Stage, World, context, decision, lane, worlds

__all__ = ["decision", "lane", "worlds"]  # fixtures

STOPPED = {"compared": 9, "paused": 1, "new": 1}


def operator(**given: Any) -> UpdateStockOperator:
    return UpdateStockOperator(
        task_id="update_stock",
        lane="demo",
        **({"window_start": "", "window_end": "", "full": "False"} | given),
    )


def test_a_push_that_is_stopped_makes_the_task_red_without_a_retry(decision: Callable[[Stage], None]) -> None:
    decision(lambda _: STOPPED)
    with pytest.raises(PushStopped, match="cartage stock show --lane demo"):
        operator().execute(context())


def test_while_the_answer_is_awaited_it_is_green(decision: Callable[[Stage], None]) -> None:
    decision(lambda _: STOPPED | {"new": 0})
    assert operator().execute(context())["paused"] == 1


def test_people_are_asked_in_required_actions_once_the_stage_is_done(
    decision: Callable[[Stage], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(inventory, "keep_asked", asked.append)
    decision(lambda _: STOPPED)
    with pytest.raises(PushStopped):
        operator().execute(context())
    assert len(asked) == 1


def test_its_alert_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    task = SimpleNamespace(task_id="update_stock", run_id="r", try_number=1, log_url="http://airflow.example")
    failure = PushStopped("The stock of lane demo is not pushed: a person has to look at it first.")
    given: Any = {"ti": task, "task": SimpleNamespace(lane="demo"), "exception": failure}
    say_what_failed(given)
    (record,) = caplog.records
    assert "cartage stock approve" in record.getMessage()


@pytest.mark.parametrize(("full", "everything"), [(True, True), (False, False)])
def test_a_full_sync_is_asked_for_by_param(
    full: bool, everything: bool, worlds: list[World], decision: Callable[[Stage], None]
) -> None:
    decision(lambda _: {"compared": 9})
    with DAG("inventory__demo", schedule=None, params={"full": Param(False, type="boolean")}):
        task = UpdateStockOperator(task_id="update_stock", lane="demo")
    task.render_template_fields({"params": {"full": full}})
    task.execute(context())
    assert worlds[0].run.everything is everything


def test_the_assets_event_carries_the_counts(decision: Callable[[Stage], None]) -> None:
    decision(lambda _: {"compared": 9, "written": 2})
    asset = Asset(name="stock_pushed__demo", uri="x-cartage://demo/stock_pushed")
    event = SimpleNamespace(extra={})
    operator(outlets=[asset]).execute(context() | {"outlet_events": {asset: event}})
    assert event.extra == {"compared": 9, "written": 2}
