"""Airflow's connections in the engine's terms."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from typing import Any

import pytest
from airflow.sdk import Connection as AirflowConnection
from airflow.sdk._shared.secrets_masker import redact
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse

from cartage.connections import Connection
from cartage_airflow.resolver import AirflowResolver

STORE: dict[str, Any] = {
    "conn_type": "threedcart",
    "host": "http://127.0.0.1:8001",
    "extra": {"secure_url": "https://demo.3dcartstores.com", "private_key": "0123456789abcdef"},
}


def test_a_connection_of_the_environment_is_found_outside_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(STORE))
    found = AirflowResolver().get("store")
    assert found == Connection(id="store", host="http://127.0.0.1:8001", extra=STORE["extra"])


def test_missing_fields_of_a_connection_are_empty_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_BARE", json.dumps({"conn_type": "extensiv"}))
    assert AirflowResolver().get("bare") == Connection(id="bare")


def test_every_secret_of_a_connection_is_masked_in_airflows_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under any name: `tpl` and an `X-Api-Key` header are secrets that Airflow does not know by name."""
    secrets = {"tpl": "{6d2f0b1e-54c9}", "X-Api-Key": "header-0123", "nested": {"token": "deep-0123"}}
    proxy = "http://me:proxy-0123@proxy.example:3128"
    extra = {**secrets, "tpl_secret": "{7e3f}-new", "proxy": proxy, "user_login": "robot-0123"}
    shown = {"conn_type": "extensiv", "password": "password-0123", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_MASKED", json.dumps(shown))
    assert AirflowResolver().get("masked")
    hidden = ["{6d2f0b1e-54c9}", "header-0123", "deep-0123", "{7e3f}-new", proxy, "password-0123"]
    assert redact(" ".join([*hidden, "robot-0123"])) == " ".join(["***"] * len(hidden) + ["robot-0123"])


def test_an_unknown_connection_is_none_outside_tasks() -> None:
    assert AirflowResolver().get("no_such_connection") is None


class TestInATask:
    @pytest.fixture(autouse=True)
    def supervisor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", object(), raising=False)

    @staticmethod
    def answering(monkeypatch: pytest.MonkeyPatch, failure: ErrorType | None = None) -> None:
        def get(connection_id: str) -> Any:
            if failure:
                raise AirflowRuntimeError(ErrorResponse(error=failure, detail={}))
            return AirflowConnection(conn_id=connection_id, conn_type="smtp", port=2525, extra='{"a": 1}')

        monkeypatch.setattr(AirflowConnection, "get", get)

    def test_the_task_sdk_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answering(monkeypatch)
        assert AirflowResolver().get("mail") == Connection(id="mail", port=2525, extra={"a": 1})

    def test_an_unknown_connection_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answering(monkeypatch, ErrorType.CONNECTION_NOT_FOUND)
        assert AirflowResolver().get("mail") is None

    def test_a_failing_api_server_is_not_mistaken_for_a_missing_connection(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.answering(monkeypatch, ErrorType.API_SERVER_ERROR)
        with pytest.raises(AirflowRuntimeError):
            AirflowResolver().get("mail")


def test_the_engine_finds_it_by_its_entry_point() -> None:
    (entry,) = entry_points(group="cartage.resolvers", name="airflow")
    assert entry.load() is AirflowResolver
