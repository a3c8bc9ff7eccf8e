"""The coverage page of a lane: who may see it, who may start a backfill on it, and that no other site can."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from httpx import Response

from cartage.intake.coverage.calendar import calendar_months
from cartage.intake.coverage.plan import plan_backfills
from cartage.intake.coverage.repo import CoverageSummary
from cartage.intake.coverage.report import CoverageGap, CoverageHistory
from cartage.lanes import get_lane
from cartage_airflow.desk.pages.coverage import route as coverage
from cartage_airflow.links import AIRFLOW_APP
from tests.unit.airflow.desk.auth_manager import use_auth_manager
from tests.unit.airflow.desk.built import desk_for

LANE = """
  {name}:
    store: {{connection: threedcart_{name}, time_zone: UTC, go_live: 2026-11-01}}
    warehouse: {{connector: extensiv, connection: extensiv_{name}, settings: {{customer_id: 12, facility_id: 1}}}}
"""
NOW = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)


def at(day: int) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC)


GAPS = (CoverageGap(at(3), at(6), failed=False), CoverageGap(at(6), at(6) + timedelta(hours=1), failed=True))


@dataclass
class Desk:
    """The desk inside a stand-in of Airflow. `refused`: (method, entity, DAG id) that its auth manager refuses."""

    user: str = "ann"
    refused: set[tuple[str, DagAccessEntity | None, str]] = field(default_factory=set)
    gaps: tuple[CoverageGap, ...] = GAPS
    posted: list[tuple[dict[str, Any], str | None]] = field(default_factory=list)
    refusal: tuple[int, str] | None = None
    client: TestClient = field(init=False)

    def authorized(
        self, *, method: str, details: Any, user: Any, access_entity: DagAccessEntity | None = None
    ) -> bool:
        return (method, access_entity, details.id) not in self.refused

    def get(self, query: str = "lane=demo") -> Response:
        response: Response = self.client.get(f"/cartage/coverage?{query}")
        return response

    def form(self) -> dict[str, str]:
        """Return the fields of the first form on the page."""
        html = self.get().text.split('<form method="post"')[1].split("</form>")[0]
        return dict(re.findall(r'name="(\w+)" value="([^"]*)"', html)) | {"reprocess": "failed"}

    def post(self, form: dict[str, str], query: str = "lane=demo") -> Response:
        response: Response = self.client.post(
            f"/cartage/coverage?{query}", data=form, headers={"Cookie": "_token=anns"}, follow_redirects=False
        )
        return response


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:" + LANE.format(name="demo") + LANE.format(name="other"))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    made = Desk()
    use_auth_manager(monkeypatch, dag=made.authorized)
    monkeypatch.setattr(coverage, "history_of_lane", lambda lane: history(lane.name, made.gaps))
    made.client = TestClient(airflow(made), raise_server_exceptions=False)
    return made


def history(lane: str, gaps: tuple[CoverageGap, ...]) -> CoverageHistory:
    failed = tuple((gap.start, gap.end) for gap in gaps if gap.failed)
    missing = tuple((gap.start, gap.end) for gap in gaps if not gap.failed and not gap.swept)
    found = CoverageSummary(
        covered=((at(1), at(3)), (at(6) + timedelta(hours=1), NOW)),
        failed=failed,
        missing=missing,
        swept=tuple((gap.start, gap.end) for gap in gaps if gap.swept),
    )
    return CoverageHistory(
        lane=lane,
        since=at(1),
        until=NOW,
        covered=timedelta(days=6),
        gaps=gaps,
        months=calendar_months(found, at(1), NOW),
        backfills=plan_backfills(get_lane(lane), [(gap.start, gap.end) for gap in gaps], NOW),
    )


def airflow(made: Desk) -> FastAPI:
    def user() -> Any:
        if not made.user:
            raise HTTPException(401)
        return Mock(get_id=lambda: made.user, get_name=lambda: made.user)

    app = desk_for(user)
    outer = FastAPI()
    outer.state.secret_key = "a key of Airflow's"

    @outer.post("/api/v2/backfills")
    async def create(request: Request) -> dict[str, int]:
        made.posted.append((await request.json(), request.headers.get("cookie")))
        if made.refusal:
            raise HTTPException(*made.refusal)
        return {"id": 7}

    async def mounted(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await app({**scope, AIRFLOW_APP: scope["app"]}, receive, send)

    outer.mount("/cartage", mounted)
    return outer


def test_the_page_shows_the_calendar_the_gaps_and_the_backfills(desk: Desk) -> None:
    text = desk.get().text
    assert 'title="2026-11-03: missing, 1 d not covered">.</td>' in text
    assert 'title="2026-11-06: failed, 1 h not covered">x</td>' in text
    assert 'title="2026-11-02: covered">#</td>' in text
    assert "a run failed" in text
    assert "airflow backfill create --dag-id orders_history__demo --from-date 2026-11-03T00:00:00Z" in text


def test_without_gaps_there_is_nothing_to_start(desk: Desk) -> None:
    desk.gaps = ()
    text = desk.get().text
    assert "No gap" in text
    assert 'method="post"' not in text


def test_the_form_starts_its_backfill_as_the_user_who_posted_it(desk: Desk) -> None:
    response = desk.post(desk.form())
    assert response.status_code == 303, response.text
    assert response.headers["location"] == "coverage?lane=demo&started=7"
    (sent, cookie) = desk.posted[0]
    assert cookie == "_token=anns"
    assert (sent["dag_id"], sent["reprocess_behavior"]) == ("orders_history__demo", "failed")
    assert (datetime.fromisoformat(sent["from_date"]), datetime.fromisoformat(sent["to_date"])) == (
        at(3),
        at(6),
    )
    assert "Backfill 7 has started" in desk.get("lane=demo&started=7").text


def test_more_than_a_thousand_runs_are_started_only_after_a_second_look(desk: Desk) -> None:
    form = desk.form() | {"dag_id": "orders_history__demo", "first": at(1).isoformat()}
    form |= {"last": (at(1) + timedelta(days=1001)).isoformat()}
    asked = desk.post(form)
    assert (asked.status_code, desk.posted) == (200, [])
    assert "1,002 windows of orders_history__demo" in asked.text
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', asked.text))
    assert again["confirmed"] == "true"
    assert desk.post(again).status_code == 303
    assert len(desk.posted) == 1
    few = form | {"last": (at(1) + timedelta(days=999)).isoformat()}
    assert desk.post(few).status_code == 303


def test_time_that_only_a_sweep_has_read_is_not_missing_and_says_what_is_unknown(desk: Desk) -> None:
    desk.gaps = (CoverageGap(at(3), at(6), failed=False, swept=True),)
    text = desk.get().text
    assert 'title="2026-11-03: open orders only, 1 d not covered">o</td>' in text
    assert "open orders are imported" in text
    assert "Unknown are the orders of those days that were closed before it" in text
    assert "missing, 1 d" not in text


@pytest.mark.parametrize("forged", ["none", "guessed", "another's"])
def test_a_form_from_another_site_is_refused(desk: Desk, forged: str) -> None:
    """It comes with the victim's cookie, but has no token, a guessed one, or the attacker's own."""
    form = desk.form()
    if forged == "another's":
        desk.user = "mallory"
        forged = desk.form()["token"]
        desk.user = "ann"
    assert desk.post(form | {"token": forged}).status_code == 403
    assert desk.posted == []


def test_a_token_expires(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    form = desk.form()
    monkeypatch.setattr("cartage_airflow.desk.forms._MAX_AGE_SECONDS", -1)
    assert desk.post(form).status_code == 403
    assert desk.posted == []


def test_nobody_sees_or_starts_anything_without_signing_in(desk: Desk) -> None:
    form = desk.form()
    desk.user = ""
    assert desk.get().status_code == 401
    assert desk.post(form).status_code == 401
    assert desk.posted == []


def test_a_user_who_may_not_read_the_lanes_dag_sees_nothing_of_it(desk: Desk) -> None:
    form = desk.form()
    desk.refused = {("GET", None, "orders__demo")}
    assert desk.get().status_code == 403
    assert desk.post(form).status_code == 403
    assert "Coverage of lane other" in desk.get("").text
    assert "lane=demo" not in desk.get("").text
    assert desk.get("lane=no_such_lane").status_code == 403


@pytest.mark.parametrize("dag_id", ["orders__demo", "orders_history__demo"])
def test_a_user_who_may_not_start_backfills_sees_the_page_without_a_button(desk: Desk, dag_id: str) -> None:
    form = desk.form()
    desk.refused = {("POST", DagAccessEntity.RUN, dag_id)}
    text = desk.get().text
    assert 'method="post"' not in text
    assert "airflow backfill create" in text
    assert desk.post(form).status_code == 403
    assert desk.posted == []


@pytest.mark.parametrize("dag_id", ["orders_history__other", "shipments__demo", "payroll"])
def test_only_the_lanes_own_dags_can_be_started(desk: Desk, dag_id: str) -> None:
    assert desk.post(desk.form() | {"dag_id": dag_id}).status_code == 403
    assert desk.posted == []


def test_airflows_refusal_is_shown_escaped(desk: Desk) -> None:
    desk.refusal = (409, "There is already a running backfill for dag <b>x</b>")
    response = desk.post(desk.form())
    assert response.status_code == 409
    assert "There is already a running backfill for dag &lt;b&gt;x" in response.text


@pytest.mark.parametrize("field", ["first", "last", "reprocess"])
def test_a_form_with_invalid_values_is_refused_without_repeating_them(desk: Desk, field: str) -> None:
    response = desk.post(desk.form() | {field: "<script>"})
    assert response.status_code == 422
    assert f"Missing or not valid: {field}." in response.text
    assert "script>" not in response.text.split("<main")[1]
    assert desk.post(desk.form() | {"first": "2026-11-03T00:00:00"}).status_code == 422
    assert desk.posted == []


def test_without_a_lane_the_first_is_shown_with_a_choice_of_the_visible_lanes(desk: Desk) -> None:
    text = desk.get("").text
    assert "Coverage of lane demo" in text
    assert 'href="coverage?lane=other"' in text


def test_forms_of_the_page_can_only_be_sent_to_this_site(desk: Desk) -> None:
    policy = desk.get().headers["content-security-policy"]
    assert "form-action 'self'" in policy
