"""A stand-in for Airflow's REST API over real HTTP, as much of it as required actions need."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import RequiredAction
from cartage_airflow.required_actions.sync import sync_required_actions
from tests.contract.world import World

RUNS = "/api/v2/dags/required_actions__demo/dagRuns"
CLAIMS = base64.urlsafe_b64encode(json.dumps({"sub": "keeper"}).encode()).decode().rstrip("=")


class AirflowStub:
    """Logins, runs, and one required action in each run."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.decisions: dict[str, list[str]] = {}
        self.calls: list[str] = []
        self.refusal = 0
        airflow = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
                status, content = airflow.respond(
                    self.command, self.path, body, self.headers.get("Authorization")
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                self.respond()

            def do_POST(self) -> None:
                self.respond()

            def do_PATCH(self) -> None:
                self.respond()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def respond(self, method: str, path: str, body: Any, token: str | None) -> tuple[int, bytes]:
        """Return status and body for a call."""
        self.calls.append(f"{method} {path}")
        if path == "/auth/token":
            right = body == {"username": "keeper", "password": "secret"}
            return (201, json.dumps({"access_token": f"h.{CLAIMS}.s"}).encode()) if right else (401, b"")
        if self.refusal or token != f"Bearer h.{CLAIMS}.s":
            return self.refusal or 401, b""
        return (self._start(body), b"{}") if method == "POST" else self._about(method, path, body)

    def _start(self, body: dict[str, Any]) -> int:
        known = body["dag_run_id"] in self.runs
        self.runs.setdefault(body["dag_run_id"], {"state": "running", **body})
        return 409 if known else 200

    def _about(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        run_id = path.removeprefix(f"{RUNS}/").split("/")[0]
        run = self.runs.get(run_id)
        if run is None or (method == "PATCH" and run.get("is_not_open")):
            return 404, b"{}"
        if method == "GET":
            return 200, json.dumps(run).encode()
        known = run_id in self.decisions
        self.decisions.setdefault(run_id, body["chosen_options"])
        return 409 if known else 200, b"{}"


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[AirflowStub]:
    """Yield the stub, with the connection `airflow_api` that leads to it."""
    made = AirflowStub()
    made.thread.start()
    address = {
        "schema": "http", "host": "127.0.0.1", "port": made.server.server_port, "login": "keeper", "password": "secret",
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", json.dumps(address))
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


def sync(world: World) -> None:
    """Bring Airflow's Required Actions in step with the ledger, as a task does."""
    context = world.context("blocked_orders")
    try:
        sync_required_actions(context)
    finally:
        context.close()


def pending(world: World) -> list[RequiredAction]:
    """Return the required actions about causes that are not settled."""
    with world.ledger.begin() as connection:
        return required_actions.pending_required_actions(connection, world.lane.name)


def outcomes(world: World) -> list[str]:
    """Return the outcome of each required action, oldest first."""
    return [row.outcome for row in world.rows("SELECT outcome FROM required_action ORDER BY id")]
