"""The link from a task to what it moved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cartage_airflow.links import MovedLink
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


def test_every_stage_has_the_link() -> None:
    operator = PollTrackingOperator(task_id="poll_tracking", lane="demo")
    assert [operator_extra_link.name for operator_extra_link in operator.operator_extra_links] == [
        "What it moved"
    ]
