"""The desk as it runs inside Airflow, with a known user and an auth manager that allows or refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from airflow.api_fastapi.core_api import security
from fastapi.testclient import TestClient

from cartage_airflow.desk.app import build_desk
from tests.unit.airflow.desk.auth_manager import use_auth_manager

Desk = Callable[..., tuple[TestClient, Mock]]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a function that builds a client; `signed_in` and `allowed` set what Airflow's auth manager decides."""

    def build(*, signed_in: bool = True, allowed: bool = True) -> tuple[TestClient, Mock]:
        manager = use_auth_manager(monkeypatch, dag=lambda **_: allowed)
        app: Any = build_desk()
        if signed_in:
            app.dependency_overrides[security.get_user] = lambda: Mock(name="user")
        return TestClient(app, raise_server_exceptions=False), manager

    return build
