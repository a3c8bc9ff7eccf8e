"""A stand-in for Airflow's auth manager: it counts the questions, and asks itself about many things one by one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from unittest.mock import Mock

import pytest
from airflow.api_fastapi import app as airflow_app
from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
from airflow.models.connection import Connection
from airflow.models.dag import DagModel

BULK = (
    "filter_authorized_dag_ids",
    "batch_is_authorized_dag",
    "batch_is_authorized_connection",
    "batch_is_authorized_variable",
)


def use_auth_manager(
    monkeypatch: pytest.MonkeyPatch,
    *,
    dag: Callable[..., bool],
    connection: Callable[..., bool] = lambda **_: True,
    variable: Callable[..., bool] = lambda **_: False,
) -> Mock:
    """Make Airflow ask these functions; there are no teams, which are in Airflow's database."""
    manager = Mock()
    manager.is_authorized_dag.side_effect = dag
    manager.is_authorized_connection.side_effect = connection
    manager.is_authorized_variable.side_effect = variable
    manager.is_authorized_view.return_value = True
    for name in BULK:
        getattr(manager, name).side_effect = partial(getattr(cast("Any", BaseAuthManager), name), manager)
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", manager)
    monkeypatch.setattr(DagModel, "get_team_name", lambda _: None)
    monkeypatch.setattr(DagModel, "get_dag_id_to_team_name_mapping", lambda _: {})
    monkeypatch.setattr(Connection, "get_conn_id_to_team_name_mapping", lambda _: {})
    return manager


def questions(manager: Mock) -> list[str]:
    """Return what the auth manager was asked from outside, in order."""
    return [name for name, _, _ in manager.method_calls if name in BULK]
