"""Every route of the desk asks Airflow's auth manager for a permission. A new route that does not fails here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from unittest.mock import Mock

import pytest
from airflow.api_fastapi import app as airflow_app
from airflow.api_fastapi.core_api import security
from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from cartage_airflow.desk import access
from cartage_airflow.desk.app import build_desk
from tests.unit.airflow.desk.conftest import Desk
from tests.unit.airflow.desk.levels import LEVELS

# Airflow's own checks, and the desk's, which call Airflow's.
ASKING = (security.__name__, access.__name__)


def calls(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from calls(dependency)


def asks_for_a_permission(route: APIRoute) -> bool:
    found = [call for call in calls(route.dependant) if getattr(call, "__module__", "") in ASKING]
    names = [getattr(call, "__qualname__", "") for call in found]
    return security.get_user in found and any(name.startswith("requires_access_") for name in names)


def takes_only_its_own_forms(route: APIRoute) -> bool:
    """Return whether a route that changes something needs a token and more than the right to see."""
    names = [getattr(call, "__qualname__", "") for call in calls(route.dependant)]
    return route.methods == {"GET"} or any(name.startswith("requires_access_form") for name in names)


def unguarded(app: FastAPI) -> list[str]:
    return [
        getattr(route, "path", repr(route))
        for route in app.routes
        if not isinstance(route, APIRoute)
        or not asks_for_a_permission(route)
        or not takes_only_its_own_forms(route)
    ]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", Mock())
    return build_desk()


def test_every_route_asks_for_a_permission(app: FastAPI) -> None:
    assert app.routes
    assert unguarded(app) == []


def test_the_walk_finds_a_route_without_a_permission(app: FastAPI) -> None:
    app.add_api_route("/open", lambda: "anybody")
    app.mount("/public", FastAPI())
    assert unguarded(app) == ["/open", "/public"]


def test_the_walk_finds_an_action_that_another_site_could_start(app: FastAPI) -> None:
    app.add_api_route(
        "/act",
        lambda: None,
        methods=["POST"],
        dependencies=[Depends(access.requires_access_lane(access.AccessLevel.ACT))],
    )
    assert unguarded(app) == ["/act"]


def desk_routes() -> list[APIRoute]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(airflow_app._AuthManagerState, "instance", Mock())
        return [route for route in build_desk().routes if isinstance(route, APIRoute)]


@cache
def routes() -> list[tuple[str, str]]:
    return [(next(iter(route.methods)), route.path) for route in desk_routes()]


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_responds_without_a_session(desk: Desk, method: str, path: str) -> None:
    client: TestClient = desk(signed_in=False)[0]
    response = client.request(
        method, path.format(name="desk.css"), params={"lane": "demo"}, data={"token": "x"}
    )
    assert response.status_code == 401


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_responds_to_a_user_without_rights(desk: Desk, method: str, path: str) -> None:
    client, manager = desk(allowed=False)
    manager.is_authorized_view.return_value = False
    query = {"lane": "demo", "dag_id": "orders__demo", "run": "a/b/1"}
    response = client.request(method, path.format(name="desk.css"), params=query, data={"token": "x"})
    assert response.status_code == 403


def test_every_route_has_its_level_in_the_list() -> None:
    assert {f"{method} {path}" for method, path in routes()} == set(LEVELS)


def test_without_an_auth_manager_there_is_no_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", None)
    with pytest.raises(RuntimeError, match="Auth Manager has not been initialized"):
        build_desk()
