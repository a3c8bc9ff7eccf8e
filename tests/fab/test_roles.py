"""Who may do what with FAB as the auth manager: its own roles, per-DAG rights, and the user of required actions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text

from cartage.connections import Connection
from cartage.errors import PermissionDenied
from cartage.operations.required_actions.causes import LEAVE
from cartage_airflow.desk.access import AccessLevel
from cartage_airflow.required_actions.api import DecisionResult, open_api
from tests.contract.rows import Rows
from tests.fab.conftest import Fab, Permission
from tests.unit.airflow.desk.levels import LEVELS
from tests.unit.airflow.desk.test_nobody_in import desk_routes

# As docs/desk.md says.
ROLES = {
    "Public": None,
    "Viewer": AccessLevel.SEE,
    "User": AccessLevel.ACT,
    "Op": AccessLevel.ADMINISTER,
    "Admin": AccessLevel.ADMINISTER,
}
ON_EAST = (("can_read", "DAG:orders__east"), ("can_read", "Website"))


def level_of(route: APIRoute) -> AccessLevel:
    """Return the level that a route requires, from the list of all routes; one that is missing there fails."""
    [method] = route.methods
    return LEVELS[f"{method} {route.path}"]


def walk(desk: httpx.Client, token: str) -> Iterator[tuple[APIRoute, httpx.Response]]:
    """Request every route. Forms contain only a token, so that none of them changes anything."""
    query = {"lane": "east", "dag_id": "orders__east", "run": "a/b/1"}
    for route in desk_routes():
        [method] = route.methods
        yield (
            route,
            desk.request(
                method,
                "/cartage" + route.path.format(name="desk.css"),
                params=query,
                data={"token": token} if method == "POST" else None,
            ),
        )


def form_token(desk: httpx.Client, order: int) -> str:
    """Return the token of a form on this user's page; empty if the page has no form."""
    page = desk.get("/cartage/order", params={"lane": "east", "id": order})
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    return found[1] if found else ""


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_its_level_allows_and_nothing_more(fab: Fab, rows: Rows, role: str) -> None:
    level = ROLES[role]
    order = rows.order("blocked")
    with fab.sign_in(fab.user(role)) as desk:
        token = form_token(desk, order)
        assert bool(token) == (level is not None and level >= AccessLevel.ACT)
        for route, response in walk(desk, token or "x"):
            may = level is not None and level_of(route) <= level
            where = f"{route.methods} {route.path} responded to {role}: {response.status_code} {response.text[:500]}"
            assert (response.status_code not in (401, 403)) == may, where
            assert response.status_code < 500, where


def test_no_route_responds_without_a_session(fab: Fab) -> None:
    with httpx.Client(base_url=fab.url, timeout=30) as stranger:
        assert {response.status_code for _, response in walk(stranger, "x")} == {401}


def test_a_user_acts_and_an_op_maps_under_their_own_names(fab: Fab, rows: Rows) -> None:
    order = rows.order("ready")
    names = {}
    for role, page, form in (
        ("User", "order", {"id": order, "action": "hold", "reason": "fraud check", "days": 2}),
        ("Op", "mappings", {"kind": "sku", "store": "MUG-6", "sku": "MUG", "quantity": 6}),
    ):
        names[role] = fab.user(role)
        with fab.sign_in(names[role]) as desk:
            sent = {"token": form_token(desk, order), **form}
            response = desk.post(f"/cartage/{page}", params={"lane": "east"}, data=sent)
            assert response.status_code == 303, response.text
    [event] = rows.connection.execute(
        text("SELECT actor FROM event WHERE fulfillment_order_id = :id"), {"id": order}
    )
    assert event.actor == names["User"]
    [rule] = rows.connection.execute(text("SELECT author FROM mapping_rule"))
    assert rule.author == names["Op"]
    # A job that Airflow lets this user start validates the orders that the mapping may release.
    runs = fab.call("GET", "/api/v2/dags/desk_jobs/dagRuns")["dag_runs"]
    assert names["Op"] in [run["triggering_user_name"] for run in runs]


@pytest.mark.parametrize(
    ("more", "level"),
    [
        ((), AccessLevel.SEE),
        ((("can_edit", "DAG:orders__east"), ("can_create", "DAG Runs")), AccessLevel.ACT),
        (
            (
                ("can_edit", "DAG:orders__east"),
                ("can_edit", "DAG:desk_jobs"),
                ("can_create", "DAG Runs"),
                ("can_edit", "Variables"),
            ),
            AccessLevel.MAP,
        ),
        (
            (
                ("can_edit", "DAG:orders__east"),
                ("can_edit", "DAG:desk_jobs"),
                ("can_create", "DAG Runs"),
                ("can_edit", "Connections"),
            ),
            AccessLevel.ADMINISTER,
        ),
    ],
)
def test_with_rights_on_one_dag_a_user_sees_its_lane_and_no_trace_of_others(
    fab: Fab, rows: Rows, more: tuple[Permission, ...], level: AccessLevel
) -> None:
    order = rows.order("blocked")
    with fab.sign_in(fab.user(fab.role(*ON_EAST, *more))) as desk:
        page = desk.get("/cartage/home", params={"lane": "east"})
        assert page.status_code == 200
        assert "east" in page.text
        assert "west" not in page.text
        assert desk.get("/cartage/home", params={"lane": "west"}).status_code == 403
        token = form_token(desk, order)
        assert bool(token) == (level >= AccessLevel.ACT)
        # Checking all blocked orders is a run of another DAG.
        released = desk.post("/cartage/blocked", params={"lane": "east"}, data={"token": token or "x"})
        assert released.status_code == (303 if level >= AccessLevel.MAP else 403)
        seen = desk.get("/cartage/payloads", params={"lane": "east", "id": order}).status_code
        assert seen == (200 if level is AccessLevel.ADMINISTER else 403)


def ask(fab: Fab, run_id: str) -> None:
    """Write what the task `ask` leaves in Airflow's database while it waits; nothing runs the task here."""
    with closing(sqlite3.connect(fab.database)) as database, database:
        database.execute("UPDATE task_instance SET state = 'awaiting_input' WHERE task_id = 'ask'")
        database.execute(
            "INSERT INTO hitl_detail (ti_id, options, subject, multiple, params, params_input, created_at)"
            " SELECT id, '[\"Leave it as it is\"]', 'a cause', 0, '{}', '{}', datetime('now')"
            " FROM task_instance WHERE task_id = 'ask' AND run_id = ?",
            (run_id,),
        )


def test_the_user_of_required_actions_can_do_that_and_nothing_else(fab: Fab) -> None:
    dag_id, run_id = "required_actions__east", "cause__unmapped__1"
    # As docs/required-actions.md says.
    role = fab.role(
        *((action, f"DAG:{dag_id}") for action in ("can_read", "can_edit")),
        *((action, "DAG Runs") for action in ("can_create", "can_read", "can_edit")),
        *((action, "HITL Detail") for action in ("can_read", "can_edit")),
    )
    robot = fab.user(role)
    connection = Connection("airflow_api", host=fab.url, login=robot, password=robot)
    with open_api(connection) as api:
        api.start(dag_id, run_id, {"required_action": 1, "closer": api.user_id}, "a cause")
        api.start(dag_id, run_id, {"required_action": 1, "closer": api.user_id}, "a cause")
        assert api.user_id.isdigit()
        assert api.state_of(dag_id, run_id) == "queued"
        assert api.decide(dag_id, run_id, "ask", LEAVE) is DecisionResult.NOT_OPEN
        ask(fab, run_id)
        assert [api.decide(dag_id, run_id, "ask", LEAVE) for _ in range(2)] == [
            DecisionResult.ACCEPTED,
            DecisionResult.TOO_LATE,
        ]
        api.note(dag_id, run_id, "the result")
        with pytest.raises(PermissionDenied):
            api.start("orders__east", "manual__1", {}, "")
        with pytest.raises(PermissionDenied):
            api.start("required_actions__west", run_id, {}, "")
    with fab.sign_in(robot) as desk:
        assert desk.get("/cartage/home").status_code == 403
