"""A running api-server with FAB, a ledger for its desk, and people with roles."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import create_engine

from tests.contract.rows import Rows
from tests.dags.airflow_home import ROOT

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

LANE = """
  {name}:
    mappings: ledger
    store: {{connection: threedcart_{name}, time_zone: UTC, go_live: 2026-11-01}}
    warehouse: {{connector: extensiv, connection: extensiv_{name}, settings: {{customer_id: 12, facility_id: 1}}}}
    required_actions: {{connection: airflow_api}}
"""
Permission = tuple[str, str]


@dataclass
class Fab:
    """The api-server as its administrator uses it."""

    url: str
    token: str
    database: Path
    _numbers: count[int] = field(default_factory=count)

    def call(self, method: str, path: str, json: Any = None) -> Any:
        """Call Airflow's API as the administrator."""
        headers = {"Authorization": f"Bearer {self.token}"}
        response = httpx.request(method, self.url + path, json=json, headers=headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def role(self, *permissions: Permission) -> str:
        """Create a role with these permissions (action, resource) and return its name."""
        name = f"role {next(self._numbers)}"
        pairs = [{"action": {"name": action}, "resource": {"name": on}} for action, on in permissions]
        self.call("POST", "/auth/fab/v1/roles", {"name": name, "actions": pairs})
        return name

    def user(self, role: str) -> str:
        """Create a user with this role and return their name, which is also the password."""
        name = f"user{next(self._numbers)}"
        who = {"first_name": name.title(), "last_name": role, "email": f"{name}@example.com"}
        body = {"username": name, "password": name, "roles": [{"name": role}], **who}
        self.call("POST", "/auth/fab/v1/users", body)
        return name

    def sign_in(self, user: str) -> httpx.Client:
        """Return a client that sends this user's Airflow cookie, as a browser does."""
        return httpx.Client(base_url=self.url, cookies={"_token": token_of(self.url, user)}, timeout=30)


def token_of(url: str, user: str) -> str:
    """Return the token that Airflow gives for a name and password."""
    response = httpx.post(f"{url}/auth/token", json={"username": user, "password": user}, timeout=30)
    response.raise_for_status()
    return str(response.json()["access_token"])


@pytest.fixture(scope="module")
def fab_ledger(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[str]:
    """Yield the ledger that the desk reads."""
    yield postgres.clone_database(ledger_template, "fab_ledger")
    postgres.drop_database("fab_ledger")


@pytest.fixture(scope="module")
def fab(fab_ledger: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fab]:
    """Yield the running api-server."""
    home = tmp_path_factory.mktemp("fab")
    lanes = home / "lanes.yaml"
    lanes.write_text("lanes:" + LANE.format(name="east") + LANE.format(name="west"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {"CARTAGE_LANES_FILE": str(lanes), "CARTAGE_LEDGER_URL": fab_ledger}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.fab.server", str(port), str(home / "airflow.db")],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        yield Fab(url, _first_token(url, server, home / "log"), home / "airflow.db")
    finally:
        server.terminate()
        server.wait(timeout=30)


def _first_token(url: str, server: subprocess.Popen[bytes], log: Path) -> str:
    give_up = time.monotonic() + 180
    while time.monotonic() < give_up:
        assert server.poll() is None, log.read_text()
        try:
            return token_of(url, "admin")
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"the api-server did not come up:\n{log.read_text()}")


@pytest.fixture(scope="module")
def rows(fab_ledger: str) -> Iterator[Rows]:
    """Yield a helper that adds rows in raw SQL."""
    engine = create_engine(fab_ledger)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield Rows(connection)
    engine.dispose()
