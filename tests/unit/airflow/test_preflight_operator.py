"""The preflight's tasks: they fail for mistakes and log them, and leave system failures to the retry policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

import cartage.preflight
from cartage import lanes
from cartage.errors import RemoteUnavailable
from cartage.lanes.settings.lane import Lane
from cartage.preflight.findings import FindingKind, PreflightFinding, Section, mistake, ok, warning
from cartage.runtime import context as stage_context
from cartage_airflow import alarms
from cartage_airflow.operators.preflight import PreflightFailed, PreflightOperator

Runs = list[Any]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    lane = Lane.model_validate(
        {
            "name": "demo",
            "store": {"connection": "store", "time_zone": "America/New_York", "go_live": "2026-11-01"},
            "warehouse": {"connector": "extensiv", "connection": "warehouse"},
        }
    )
    opened: Runs = []

    @contextmanager
    def open_lane(lane: Lane, run: Any, **given: Any) -> Iterator[Any]:
        opened.append(SimpleNamespace(run=run, **given))
        yield SimpleNamespace(lane=lane)

    monkeypatch.setattr(lanes, "get_lane", lambda _: lane)
    monkeypatch.setattr(stage_context, "open_lane", open_lane)
    return opened


def finds(monkeypatch: pytest.MonkeyPatch, *findings: PreflightFinding) -> None:
    def run_section(name: str, _: object) -> Section:
        return Section(name, "Product SKUs", findings)

    monkeypatch.setattr(cartage.preflight, "run_section", run_section)


def execute() -> dict[str, int]:
    task = SimpleNamespace(
        dag_id="preflight__demo",
        run_id="manual__1",
        task_id="product_skus",
        try_number=1,
        log_url="http://log",
    )
    context: Any = {"ti": task, "dag_run": SimpleNamespace(run_type="manual")}
    operator = PreflightOperator(task_id="product_skus", section="product_skus", lane="demo", background=True)
    return operator.execute(context)


def test_warnings_do_not_fail_the_task_and_xcom_has_only_counts(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    finds(monkeypatch, ok("SKUs", "fine"), warning(FindingKind.BLANKS, "A", "blanks", "Take them out."))
    assert execute() == {"mistakes": 0, "warnings": 1, "unknown": 0, "ok": 1}


def test_a_mistake_fails_the_task_without_a_retry_and_is_logged_with_its_fix(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finds(
        monkeypatch,
        mistake(FindingKind.UNKNOWN_TO_WAREHOUSE, "A-1", "the warehouse does not know it", "Create it."),
    )
    with pytest.raises(AirflowFailException, match="1 mistake in product_skus of lane demo"):
        execute()
    log = capsys.readouterr().out
    assert "mistake: A-1: the warehouse does not know it. What to do: Create it." in log


def test_a_long_list_is_cut_in_the_log_which_says_where_all_of_it_is(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finds(monkeypatch, *(warning(FindingKind.BLANKS, f"SKU-{number}", "blanks", "") for number in range(250)))
    execute()
    log = capsys.readouterr().out
    assert "SKU-199" in log and "SKU-200" not in log
    assert "... and 50 more: cartage preflight --lane demo --section product_skus --csv DIR" in log


def test_it_has_no_window_and_takes_the_background_share_of_the_calls(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    finds(monkeypatch)
    execute()
    assert (runs[0].window, runs[0].run.background, runs[0].run.may_sweep) == (None, True, False)


def test_a_failure_of_the_system_reaches_the_retry_policy(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_section(name: str, _: object) -> Section:
        raise RemoteUnavailable("3dcart store demo", "GET /Products", "the remote failed", status=500)

    monkeypatch.setattr(cartage.preflight, "run_section", run_section)
    with pytest.raises(RemoteUnavailable):
        execute()


def test_the_alert_says_that_nothing_has_stopped_yet() -> None:
    context: Any = {
        "exception": PreflightFailed("2 mistakes in lanes of lane demo"),
        "ti": SimpleNamespace(task_id="lanes", log_url="http://log", run_id="manual__1", try_number=1),
    }
    alert = alarms.alert_for_failure(context)
    assert alert.title == "2 mistakes in lanes of lane demo"
    assert "Nothing has stopped" in alert.meaning
