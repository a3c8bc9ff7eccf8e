"""The desk as it runs inside Airflow, with a known user and an auth manager that allows or refuses."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient

from tests.unit.airflow.desk.auth_manager import use_auth_manager
from tests.unit.airflow.desk.built import desk_for

Desk = Callable[..., tuple[TestClient, Mock]]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a function that builds a client; `signed_in` and `allowed` set what Airflow's auth manager decides."""

    def build(*, signed_in: bool = True, allowed: bool = True) -> tuple[TestClient, Mock]:
        manager = use_auth_manager(monkeypatch, dag=lambda **_: allowed)
        app = desk_for((lambda: Mock(name="user")) if signed_in else None)
        return TestClient(app, raise_server_exceptions=False), manager

    return build
