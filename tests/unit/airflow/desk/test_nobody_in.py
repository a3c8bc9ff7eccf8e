"""Every route of the desk asks Airflow's auth manager for a permission; one without fails here."""

from __future__ import annotations

from collections.abc import Iterator

from airflow.api_fastapi.core_api import security
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from cartage_airflow.desk import access
from cartage_airflow.desk.app import build_desk

# Airflow's own checks, and ours, which ask Airflow's.
ASKING = (security.__name__, access.__name__)


def calls(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from calls(dependency)


def asks_for_a_permission(route: APIRoute) -> bool:
    found = [call for call in calls(route.dependant) if getattr(call, "__module__", "") in ASKING]
    names = [getattr(call, "__qualname__", "") for call in found]
    return security.get_user in found and any(name.startswith("requires_access_") for name in names)


def unguarded(app: FastAPI) -> list[str]:
    return [
        getattr(route, "path", repr(route))
        for route in app.routes
        if not isinstance(route, APIRoute) or not asks_for_a_permission(route)
    ]


def test_every_route_asks_for_a_permission() -> None:
    desk = build_desk()
    assert desk.routes
    assert unguarded(desk) == []


def test_the_walk_finds_a_route_that_asks_nobody() -> None:
    desk = build_desk()
    desk.add_api_route("/open", lambda: "anybody")
    desk.mount("/static", FastAPI())
    assert unguarded(desk) == ["/open", "/static"]
