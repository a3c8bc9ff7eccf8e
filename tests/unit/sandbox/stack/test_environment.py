"""The environment of the demo's Airflow: complete, separate, and not reachable from other machines."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from cartage_sandbox.stack.environment import Addresses, Folders, airflow_settings, own_environment

ADDRESSES = Addresses(api=18080, task_logs=18793, trigger_logs=18794)


def settings() -> dict[str, str]:
    return airflow_settings(
        Folders(home=Path("/tmp/home"), dags=Path("/tmp/dags"), plugins=Path("/tmp/plugins")),
        ADDRESSES,
        database={"psycopg2": "postgresql+psycopg2://a", "asyncpg": "postgresql+asyncpg://a"},
        parallelism=4,
        all_admins=False,
    )


def test_tasks_call_the_api_server_at_its_own_port() -> None:
    found = settings()
    assert found["AIRFLOW__API__PORT"] == "18080"
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18080/execution/"
    assert found["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:18080"


def test_the_servers_listen_on_this_machine_only() -> None:
    assert settings()["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_secrets_are_long_enough_and_always_new() -> None:
    first, second = settings(), settings()
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert len(base64.urlsafe_b64decode(first["AIRFLOW__CORE__FERNET_KEY"])) == 32
    for name in ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__CORE__FERNET_KEY"):
        assert first[name] != second[name]


def test_the_settings_of_the_caller_do_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRFLOW_HOME", "AIRFLOW__CORE__EXECUTOR", "AIRFLOW_CONN_STORE", "CARTAGE_LEDGER_URL"):
        monkeypatch.setenv(name, "of the caller")
    monkeypatch.setenv("PATH", "/bin")
    found = own_environment()
    assert "of the caller" not in found.values()
    assert found["PATH"] == "/bin"


def test_calls_to_this_machine_use_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "internal.example")
    assert own_environment()["no_proxy"].split(",") == ["internal.example", "127.0.0.1", "localhost"]
