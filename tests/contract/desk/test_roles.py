"""Every role on every route: each reaches what its level allows, and nothing more, of its own lanes alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from httpx import Response

from cartage_airflow.desk.access import AccessLevel
from tests.contract.desk.desk_client import ADMIN, MAPPER, OPERATOR, VIEWER, DeskClient
from tests.contract.desk.full_ledger import RUN, Filled, fill
from tests.contract.rows import Rows
from tests.unit.airflow.desk.levels import LEVELS
from tests.unit.airflow.desk.test_nobody_in import routes

ROLES = {
    VIEWER: AccessLevel.SEE,
    OPERATOR: AccessLevel.ACT,
    MAPPER: AccessLevel.MAP,
    ADMIN: AccessLevel.ADMINISTER,
}
REFUSED = (401, 403)
# They show all lanes that a user may see, or none of them; a lane in the address only narrows that.
OF_NO_LANE = {"GET /static/{name}", "GET /moved"}


def request(desk: DeskClient, route: str, filled: Filled, *, token: str, lane: str = "east") -> Response:
    """Request a route. A form contains only its token, so that it changes nothing."""
    method, _, path = route.partition(" ")
    query = {"lane": lane, "dag_id": f"orders__{lane}", "run": RUN, "id": filled.busy, "table": "lanes"}
    if path in ("/file", "/job"):
        query["id"] = filled.file if path == "/file" else filled.jobs[0]
    response: Response = desk.client.request(
        method,
        "/cartage" + path.format(name="desk.css"),
        params=query,
        data={"token": token} if method == "POST" else None,
        follow_redirects=False,
    )
    return response


def all_routes() -> Iterator[str]:
    yield from (f"{method} {path}" for method, path in routes())


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_its_level_allows_and_nothing_more(
    desk: DeskClient, rows: Rows, ledger_url: str, role: str
) -> None:
    filled = fill(rows, ledger_url, "a word")
    desk.role = role
    reached = {}
    for route in all_routes():
        response = request(desk, route, filled, token=desk.token())
        assert response.status_code < 500, f"{route}: {response.text[-2000:]}"
        reached[route] = response.status_code not in REFUSED
    assert reached == {route: level <= ROLES[role] for route, level in LEVELS.items()}


@pytest.mark.parametrize("role", [MAPPER, ADMIN])
def test_no_route_shows_or_changes_a_lane_that_is_not_the_users(
    desk: DeskClient, rows: Rows, ledger_url: str, role: str
) -> None:
    filled = fill(rows, ledger_url, "a word of east alone")
    desk.role, desk.lanes = role, {"west"}
    for route in all_routes():
        if route in OF_NO_LANE:
            continue
        response = request(desk, route, filled, token=desk.token())
        assert response.status_code in REFUSED, f"{route}: {response.status_code}"
        assert "a word of east alone" not in response.text


def test_a_form_without_its_token_is_refused_to_everybody(
    desk: DeskClient, rows: Rows, ledger_url: str
) -> None:
    filled = fill(rows, ledger_url, "a word")
    posts = [route for route in all_routes() if route.startswith("POST")]
    assert len(posts) > 15
    assert {request(desk, route, filled, token="x").status_code for route in posts} == {403}
