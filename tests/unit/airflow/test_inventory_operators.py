"""What the stock operators add to the others: they fail once for a paused push, and can run a full sync."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, Param

from cartage_airflow.alarms import log_failure
from cartage_airflow.operators import inventory
from cartage_airflow.operators.inventory import StockPushPaused, UpdateStockOperator
from tests.unit.airflow.test_operators import Stage, World, context, lane, stage_returns, worlds

__all__ = ["lane", "stage_returns", "worlds"]  # fixtures

PAUSED = {"compared": 9, "paused": 1, "new": 1}


def operator(**given: Any) -> UpdateStockOperator:
    return UpdateStockOperator(
        task_id="update_stock",
        lane="demo",
        **({"window_start": "", "window_end": "", "full": "False"} | given),
    )


def test_a_paused_push_fails_the_task_without_a_retry(stage_returns: Callable[[Stage], None]) -> None:
    stage_returns(lambda _: PAUSED)
    with pytest.raises(StockPushPaused, match="cartage stock show --lane demo"):
        operator().execute(context())


def test_later_runs_succeed_while_the_push_is_paused(stage_returns: Callable[[Stage], None]) -> None:
    stage_returns(lambda _: PAUSED | {"new": 0})
    assert operator().execute(context())["paused"] == 1


def test_people_are_asked_in_required_actions_after_the_stage(
    stage_returns: Callable[[Stage], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(inventory, "ask_people", asked.append)
    stage_returns(lambda _: PAUSED)
    with pytest.raises(StockPushPaused):
        operator().execute(context())
    assert len(asked) == 1


def test_its_alert_says_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    task = SimpleNamespace(task_id="update_stock", run_id="r", try_number=1, log_url="http://airflow.example")
    failure = StockPushPaused(
        "The stock of lane demo is not pushed: the push is paused until a person decides."
    )
    given: Any = {"ti": task, "task": SimpleNamespace(lane="demo"), "exception": failure}
    log_failure(given)
    (record,) = caplog.records
    assert "cartage stock approve" in record.getMessage()


@pytest.mark.parametrize(("full", "everything"), [(True, True), (False, False)])
def test_a_param_requests_a_full_sync(
    full: bool, everything: bool, worlds: list[World], stage_returns: Callable[[Stage], None]
) -> None:
    stage_returns(lambda _: {"compared": 9})
    with DAG("inventory__demo", schedule=None, params={"full": Param(False, type="boolean")}):
        task = UpdateStockOperator(task_id="update_stock", lane="demo")
    task.render_template_fields({"params": {"full": full}})
    task.execute(context())
    assert worlds[0].run.everything is everything
