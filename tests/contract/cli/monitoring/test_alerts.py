"""`cartage alerts list|close|watch` and `cartage heartbeat` on a real ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.db.task_runs import record_task_run

LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
    alerts: {resolve_after: 0s}
  quiet:
    mode: shadow
    store: {connection: threedcart_quiet, time_zone: America/New_York, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: extensiv_quiet, settings: {customer_id: 12, facility_id: 1}}
"""

Run = Callable[..., Result]


@pytest.fixture
def run(ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    lanes = tmp_path / "lanes.yaml"
    lanes.write_text(LANES)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(lanes))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    return lambda *arguments: CliRunner().invoke(app, ["--quiet", *arguments])


def execute(ledger: Ledger, sql: str) -> None:
    with ledger.begin() as connection:
        connection.execute(text(sql))


def listed(run: Run, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("alerts", "list", "--lane", "demo", "--json", *more).stdout)
    return found


def test_watch_works_without_airflow_and_list_shows_what_did_not_run(run: Run, ledger: Ledger) -> None:
    assert json.loads(run("alerts", "watch", "--lane", "demo", "--json").stdout)["open"] == 0
    execute(ledger, "UPDATE task_run SET first_at = first_at - interval '50 min'")
    assert run("alerts", "watch", "--lane", "demo").exit_code == 0
    kinds = {(alert["kind"], alert["key"], alert["state"]) for alert in listed(run)}
    assert kinds == {("run_missed", "orders__demo", "open"), ("run_missed", "shipments__demo", "open")}
    shown = run("alerts", "list", "--lane", "demo").stdout
    assert "2 open alerts" in shown
    assert "orders__demo" in shown


def test_an_alert_can_be_closed_by_hand_once(run: Run, ledger: Ledger) -> None:
    execute(
        ledger,
        "INSERT INTO alert (lane, kind, key, stage, title, meaning, fix)"
        " VALUES ('demo', 'failed_task', 'gone/X', 'gone', 't', 'm', 'm')",
    )
    [alert] = listed(run)
    assert run("alerts", "close", str(alert["id"])).stdout == f"closed: alert {alert['id']}\n"
    assert listed(run) == []
    assert [closed["state"] for closed in listed(run, "--closed", "1")] == ["closed"]
    again = run("alerts", "close", str(alert["id"]))
    assert (again.exit_code, "no open alert" in again.stderr) == (1, True)


def test_heartbeat_succeeds_while_the_lanes_and_the_watchdog_run(run: Run, ledger: Ledger) -> None:
    nothing = run("heartbeat")
    assert nothing.exit_code == 1
    assert "demo: nothing has ever run" in nothing.stdout
    for task in ("import_orders", "poll_tracking", "watch"):
        with record_task_run(ledger, "demo", task):
            pass
    assert run("heartbeat").stdout == "demo: running\nquiet: running\n"
    execute(ledger, "UPDATE task_run SET started_at = started_at - interval '50 min' WHERE task = 'watch'")
    stopped = run("heartbeat", "--lane", "demo")
    assert stopped.exit_code == 1
    assert "watchdog has stopped" in stopped.stdout
    assert run("heartbeat", "--lane", "quiet").exit_code == 0
