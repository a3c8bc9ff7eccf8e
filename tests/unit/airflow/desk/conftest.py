"""The desk as it runs inside Airflow, with a known user and an auth manager that says yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from airflow.api_fastapi import app as airflow_app
from airflow.api_fastapi.core_api import security
from airflow.models.dag import DagModel
from fastapi.testclient import TestClient

from cartage_airflow.desk.app import build_desk

Desk = Callable[..., tuple[TestClient, Mock]]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Build a client; `signed_in` and `allowed` say what Airflow's auth manager answers."""

    def build(*, signed_in: bool = True, allowed: bool = True) -> tuple[TestClient, Mock]:
        manager = Mock()
        manager.is_authorized_dag.return_value = allowed
        monkeypatch.setattr(airflow_app._AuthManagerState, "instance", manager)
        # The team of a DAG is asked from Airflow's database, which unit tests have not.
        monkeypatch.setattr(DagModel, "get_team_name", lambda _: None)
        app: Any = build_desk()
        if signed_in:
            app.dependency_overrides[security.get_user] = lambda: Mock(name="user")
        return TestClient(app, raise_server_exceptions=False), manager

    return build
