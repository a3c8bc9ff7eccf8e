"""Questions in Airflow's Required Actions kept in step with the causes, over real HTTP; a window never fails for it."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import RequiredAction
from cartage_airflow.required_actions.keeping import keep_action
from tests.contract.conftest import MakeWorld
from tests.contract.world import World

STAGES = ("import_orders", "validate_mappings", "blocked_orders")
RUNS = "/api/v2/dags/required_actions__demo/dagRuns"
CLAIMS = base64.urlsafe_b64encode(json.dumps({"sub": "keeper"}).encode()).decode().rstrip("=")


class Airflow:
    """As much of Airflow's API as questions need: logins, runs, and one question in each."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.decisions: dict[str, list[str]] = {}
        self.calls: list[str] = []
        self.refuses = 0
        airflow = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                status, said = airflow.respond(
                    self.command, self.path, body, self.headers.get("Authorization")
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def do_GET(self) -> None:
                self.respond()

            def do_POST(self) -> None:
                self.respond()

            def do_PATCH(self) -> None:
                self.respond()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def respond(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, bytes]:
        """The status and body for one call."""
        self.calls.append(f"{method} {path}")
        if path == "/auth/token":
            right = body == {"username": "keeper", "password": "secret"}
            return (201, json.dumps({"access_token": f"h.{CLAIMS}.s"}).encode()) if right else (401, b"")
        if self.refuses or token != f"Bearer h.{CLAIMS}.s":
            return self.refuses or 401, b""
        return (self._start(body), b"{}") if method == "POST" else self._about(method, path, body)

    def _start(self, body: dict[str, Any]) -> int:
        known = body["dag_run_id"] in self.runs
        self.runs.setdefault(body["dag_run_id"], {"state": "running", **body})
        return 409 if known else 200

    def _about(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        run_id = path.removeprefix(f"{RUNS}/").split("/")[0]
        run = self.runs.get(run_id)
        if run is None or (method == "PATCH" and run.get("is_not_asked")):
            return 404, b"{}"
        if method == "GET":
            return 200, json.dumps(run).encode()
        known = run_id in self.decisions
        self.decisions.setdefault(run_id, body["chosen_options"])
        return 409 if known else 200, b"{}"


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Airflow]:
    made = Airflow()
    made.thread.start()
    address = {
        "schema": "http", "host": "127.0.0.1", "port": made.server.server_port, "login": "keeper", "password": "secret",
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", json.dumps(address))
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


@pytest.fixture
def world(make_world: MakeWorld, airflow: Airflow) -> World:
    """A lane whose two orders lack a mapping."""
    made = make_world(required_actions={"connection": "airflow_api"})
    made.place("unmapped_method", 2)
    made.go(*STAGES)
    return made


def look(world: World) -> None:
    context = world.context("blocked_orders")
    try:
        keep_action(context)
    finally:
        context.close()


def questions(world: World) -> list[RequiredAction]:
    with world.ledger.begin() as connection:
        return required_actions.pending_required_actions(connection, world.lane.name)


def outcomes(world: World) -> list[str]:
    return [row.outcome for row in world.rows("SELECT outcome FROM required_action ORDER BY id")]


def fix(world: World) -> None:
    """The cause is mended: nothing is blocked by it any more."""
    world.execute("UPDATE cause SET closed_at = clock_timestamp()")


def test_a_cause_is_asked_about_by_one_run_however_often_one_looks(world: World, airflow: Airflow) -> None:
    look(world)
    look(world)
    [(run_id, run)] = airflow.runs.items()
    [question] = questions(world)
    assert run_id == question.run_id
    assert run["conf"] == {"question": question.id, "closer": "keeper"}
    assert run["note"] == question.message
    assert len(airflow.calls) == 2, "the second look found nothing to do, and called nobody"


def test_a_run_that_was_started_and_not_noted_is_not_started_again(world: World, airflow: Airflow) -> None:
    look(world)
    world.execute("UPDATE required_action SET started_at = NULL")
    look(world)
    assert len(airflow.runs) == 1
    assert questions(world)[0].started_at is not None


def test_once_mended_elsewhere_the_question_is_closed_by_what_changes_nothing(
    world: World, airflow: Airflow
) -> None:
    look(world)
    fix(world)
    look(world)
    assert list(airflow.decisions.values()) == [["Leave it as it is"]]
    assert outcomes(world) == ["fixed_elsewhere"]


def test_a_cause_that_opens_anew_closes_the_old_question_and_asks_another(
    world: World, airflow: Airflow
) -> None:
    look(world)
    world.execute("UPDATE cause SET openings = openings + 1")
    look(world)
    assert [run_id[-3:] for run_id in airflow.runs] == ["__1", "__2"]
    assert [run_id[-3:] for run_id in airflow.decisions] == ["__1"]


def test_mended_before_anybody_was_asked_it_never_is(world: World, airflow: Airflow) -> None:
    airflow.refuses = 403
    look(world)
    airflow.refuses = 0
    fix(world)
    look(world)
    assert airflow.runs == {}
    assert outcomes(world) == ["fixed_elsewhere"]


@pytest.mark.parametrize("state", ["running", "failed", None])
def test_what_cannot_be_closed_waits_if_it_will_be_asked_and_is_settled_if_it_never_will(
    world: World, airflow: Airflow, state: str | None
) -> None:
    look(world)
    if state is None:
        airflow.runs.clear()  # somebody deleted it
    for run in airflow.runs.values():
        run |= {"state": state, "is_not_asked": True}
    fix(world)
    look(world)
    assert outcomes(world) == [None if state == "running" else "undecided"]


def test_one_that_was_answered_at_the_same_moment_is_settled(world: World, airflow: Airflow) -> None:
    look(world)
    airflow.decisions = {run_id: ["Skip these orders"] for run_id in airflow.runs}
    fix(world)
    look(world)
    assert outcomes(world) == ["fixed_elsewhere"]


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_an_airflow_that_refuses_fails_nothing_is_told_and_tried_again(
    world: World, airflow: Airflow, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    airflow.refuses = status
    with caplog.at_level(logging.ERROR):
        look(world)
    assert "Required Actions are not in step: of 1 question(s)" in caplog.text
    assert "airflow_api" in caplog.text
    assert "secret" not in caplog.text
    airflow.refuses = 0
    look(world)
    assert len(airflow.runs) == 1


def test_without_the_connection_nothing_fails_and_it_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_AIRFLOW_API")
    with caplog.at_level(logging.ERROR):
        look(world)
    assert "airflow_api" in caplog.text


def test_a_lane_that_asks_nobody_calls_nobody(world: World, airflow: Airflow) -> None:
    world.settings["required_actions"] = {}
    look(world)
    assert airflow.calls == []
    assert world.rows("SELECT FROM required_action") == []
