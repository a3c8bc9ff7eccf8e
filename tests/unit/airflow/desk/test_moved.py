"""The page of what a task moved: who may read it, and that it contains no active content."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from cartage_airflow.desk.pages.moved import route as moved
from cartage_airflow.desk.pages.moved.query import OrderChange, StockWritten
from tests.unit.airflow.desk.conftest import Desk

RUN = {"dag_id": "orders__demo", "run": "scheduled__2026-11-23T12:05:00+00:00/transfer_to_warehouse/1"}
AT = datetime(2026, 11, 23, 12, 6, 7, tzinfo=UTC)


def move(number: int, *, invoice: str = "AB-1001", why: str = "") -> OrderChange:
    return OrderChange(number, f"A3K_{number}_0", invoice, "sending", "partially_shipped", why, AT)


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> list[OrderChange]:
    found: list[OrderChange] = []

    def of_run(run_id: str, *, after: int, limit: int) -> list[OrderChange]:
        assert run_id == f"{RUN['dag_id']}/{RUN['run']}"
        return [change for change in found if change.id > after][:limit]

    monkeypatch.setattr(moved, "order_changes_of_run", of_run)
    monkeypatch.setattr(moved, "stock_changes_of_run", lambda *_, **__: [])
    return found


@pytest.fixture
def stocks(moves: list[OrderChange], monkeypatch: pytest.MonkeyPatch) -> list[StockWritten]:
    found: list[StockWritten] = []
    monkeypatch.setattr(
        moved,
        "stock_changes_of_run",
        lambda _, *, after, limit: [change for change in found if change.id > after][:limit],
    )
    return found


def page(client: TestClient, **more: str | int) -> str:
    response = client.get("/moved", params=RUN | more)
    assert response.status_code == 200
    return str(response.text)


def test_each_move_is_a_row(desk: Desk, moves: list[OrderChange]) -> None:
    moves.append(move(31882, why="every cause is fixed"))
    text = page(desk()[0])
    for shown in (
        "A3K_31882_0",
        "AB-1001",
        "sending",
        "partially shipped",
        "every cause is fixed",
        "12:06:07",
    ):
        assert shown in text


def test_text_from_a_store_is_escaped(desk: Desk, moves: list[OrderChange]) -> None:
    moves.append(move(1, invoice="<script>alert(1)</script>", why='"><img src=x onerror=alert(1)>'))
    text = page(desk()[0])
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text


def test_a_long_run_is_shown_page_by_page(desk: Desk, moves: list[OrderChange]) -> None:
    moves.extend(move(number) for number in range(1, 252))
    client = desk()[0]
    first = page(client)
    assert "A3K_200_0" in first
    assert "A3K_201_0" not in first
    assert "after=200" in first
    second = page(client, after=200)
    assert "A3K_251_0" in second
    assert "More" not in second


def test_each_stock_that_was_written_is_a_row_and_escaped(desk: Desk, stocks: list[StockWritten]) -> None:
    stocks.append(StockWritten(7, 14, "<b>MUG</b>", "12", 9, "refused no such product", AT))
    text = page(desk()[0])
    for shown in (
        "&lt;b&gt;MUG",
        "<td>14</td>",
        ">12</td>",
        ">9</td>",
        "refused no such product",
        "12:06:07",
    ):
        assert shown in text


def test_many_stocks_are_shown_page_by_page(desk: Desk, stocks: list[StockWritten]) -> None:
    stocks.extend(
        StockWritten(number, 14, f"MUG-{number}.", "", 9, "written", AT) for number in range(1, 202)
    )
    client = desk()[0]
    assert "after=200" in page(client)
    second = page(client, after=200)
    assert "MUG-201." in second
    assert "More" not in second


def test_a_try_that_changed_nothing_says_so(desk: Desk, moves: list[OrderChange]) -> None:
    assert "changed nothing" in page(desk()[0])


def test_nobody_reads_the_page_without_signing_in(desk: Desk, moves: list[OrderChange]) -> None:
    assert desk(signed_in=False)[0].get("/moved", params=RUN).status_code == 401


def test_a_user_who_may_not_read_the_dags_tasks_is_refused(desk: Desk, moves: list[OrderChange]) -> None:
    client, manager = desk(allowed=False)
    assert client.get("/moved", params=RUN).status_code == 403
    check = manager.is_authorized_dag.call_args.kwargs
    assert check["details"].id == "orders__demo"
    assert check["access_entity"] is DagAccessEntity.TASK_INSTANCE


def test_an_auth_manager_that_fails_lets_nobody_in(desk: Desk, moves: list[OrderChange]) -> None:
    client, manager = desk()
    manager.is_authorized_dag.side_effect = RuntimeError("the directory is down")
    moves.append(move(1))
    response = client.get("/moved", params=RUN)
    assert response.status_code == 500
    assert "A3K_1_0" not in response.text


def test_only_the_desks_own_scripts_run_and_no_other_site_frames_the_page(
    desk: Desk, moves: list[OrderChange]
) -> None:
    response = desk()[0].get("/moved", params=RUN)
    policy = dict(
        part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert response.headers["cache-control"] == "no-store"


def test_a_page_needs_no_more_than_its_policy_allows(desk: Desk, moves: list[OrderChange]) -> None:
    moves.append(move(1))
    text = page(desk()[0])
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", text) == []


def test_an_unavailable_ledger_is_reported_without_its_error(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(run_id: str, *, after: int, limit: int) -> list[OrderChange]:
        raise OperationalError("SELECT secret", {}, Exception("password=hunter2"))

    monkeypatch.setattr(moved, "order_changes_of_run", fails)
    response = desk()[0].get("/moved", params=RUN)
    assert response.status_code == 503
    assert "CARTAGE_LEDGER_URL" in response.text
    assert "hunter2" not in response.text
    assert "content-security-policy" in response.headers
