"""Housekeeping's tasks: Airflow's database is cleaned only through a connection that the deployment defines."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from cartage.connections import Connection
from cartage_airflow.operators import housekeeping
from cartage_airflow.operators.housekeeping import DATABASE_CONNECTION, CleanAirflowOperator

AIRFLOWS = Connection(
    id=DATABASE_CONNECTION, host="db.example", login="airflow", password="p@ss", schema="airflow"
)


def clean(monkeypatch: pytest.MonkeyPatch, connection: Connection | None, code: int = 0) -> list[Any]:
    """Run the task, and return the commands that it ran, each with its environment."""
    ran: list[Any] = []

    def run(command: list[str], *, env: dict[str, str], **_: object) -> Any:
        ran.append((command, env))
        return SimpleNamespace(returncode=code, stdout="deleted")

    monkeypatch.setattr(housekeeping, "AirflowResolver", lambda: SimpleNamespace(get=lambda _: connection))
    monkeypatch.setattr(subprocess, "run", run)
    context: Any = {}
    CleanAirflowOperator(task_id="clean").execute(context)
    return ran


def test_the_database_is_cleaned_in_a_separate_process_that_has_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "client")
    [(command, env)] = clean(monkeypatch, AIRFLOWS)
    assert command[:5] == [sys.executable, "-m", "airflow", "db", "clean"]
    assert "p@ss" not in " ".join(command)
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == (
        "postgresql+psycopg2://airflow:p%40ss@db.example/airflow"
    )
    assert "_AIRFLOW_PROCESS_CONTEXT" not in env


def test_without_the_connection_it_is_skipped_and_says_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(AirflowSkipException, match=f"{DATABASE_CONNECTION}.*airflow db clean"):
        clean(monkeypatch, None)


def test_a_command_that_fails_fails_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowException, match="ended with 3"):
        clean(monkeypatch, AIRFLOWS, code=3)
