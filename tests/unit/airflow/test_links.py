"""The links from a task to what it moved, and to what waits for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cartage.model.states import State
from cartage_airflow.links import DeskLink, MovedLink
from cartage_airflow.operators import inventory, orders, shipments
from cartage_airflow.operators.base import StageOperator
from cartage_airflow.operators.shipments import PollTrackingOperator
from cartage_airflow.runs import dag_run_key, task_run_key

TRY: Any = SimpleNamespace(
    dag_id="shipments__demo",
    run_id="manual__2026-11-23T12:00:00+00:00",
    task_id="poll_tracking",
    try_number=2,
)


def link() -> str:
    operator = PollTrackingOperator(task_id="poll_tracking", lane="demo")
    return MovedLink().get_link(operator, ti_key=TRY)


def test_the_page_names_the_run_as_the_ledger_does() -> None:
    query = parse_qs(urlsplit(link()).query)
    asked = dag_run_key(query["dag_id"][0], query["run"][0])
    assert asked == task_run_key(TRY.dag_id, TRY.run_id, TRY.task_id, TRY.try_number)


def test_the_link_stays_on_the_host_that_the_browser_uses() -> None:
    assert link().startswith("/cartage/moved?")


def test_the_link_keeps_the_path_under_which_a_proxy_serves_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://shop.example/airflow/")
    assert link().startswith("/airflow/cartage/moved?")


def stages() -> list[type[StageOperator]]:
    modules = (inventory, orders, shipments)
    found = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return [value for value in found if issubclass(value, StageOperator) and value is not StageOperator]


@pytest.mark.parametrize("stage", stages(), ids=lambda stage: stage.stage)
def test_every_stage_has_both_links_and_leads_to_a_page_of_the_desk(stage: type[StageOperator]) -> None:
    operator = stage(task_id=stage.stage, lane="demo")
    assert [button.name for button in operator.operator_extra_links] == ["What it moved", "At the desk"]
    address = urlsplit(DeskLink().get_link(operator, ti_key=TRY))
    assert address.path in {"/cartage/orders", "/cartage/blocked", "/cartage/stock"}
    query = parse_qs(address.query)
    assert query["lane"] == ["demo"]
    assert set(query.get("state", ())) <= set(State)
    assert bool(query.get("state")) == (address.path == "/cartage/orders")


def test_what_blocked_orders_stops_is_one_link_away() -> None:
    operator = orders.BlockedOrdersOperator(task_id="blocked_orders", lane="demo")
    assert DeskLink().get_link(operator, ti_key=TRY) == "/cartage/blocked?lane=demo"
    waiting = DeskLink().get_link(orders.TransferToWarehouseOperator(task_id="t", lane="demo"), ti_key=TRY)
    assert waiting == "/cartage/orders?lane=demo&state=ready&state=sending"
