"""A real Airflow on this machine: its components are separate processes, as in production.

It writes only to the home that it is given, never imports Airflow, and leaves no process behind.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal, Self

import requests

from cartage_sandbox.stack.client import AirflowApiError, AirflowClient
from cartage_sandbox.stack.environment import (
    USERS,
    Addresses,
    Folders,
    airflow_settings,
    celery_settings,
    own_environment,
)
from cartage_sandbox.stack.guard import guard
from cartage_sandbox.stack.ports import free_ports
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.processes import end_session, is_alive, session_members

Component = Literal["api-server", "scheduler", "dag-processor", "triggerer", "worker-1", "worker-2"]
COMPONENTS: tuple[Component, ...] = ("api-server", "scheduler", "dag-processor", "triggerer")
WORKERS: tuple[Component, ...] = ("worker-1", "worker-2")
"""Celery's workers, which run the tasks of a stack that has a broker."""

_START_SECONDS = 120.0
# How long a component may take to stop. The triggerer takes 12 s, and has nothing to lose here.
_STOP_SECONDS: dict[Component, float] = {
    "api-server": 15.0,
    "scheduler": 15.0,
    "dag-processor": 15.0,
    "triggerer": 2.0,
    "worker-1": 15.0,
    "worker-2": 15.0,
}
_POLL_SECONDS = 0.2
_HEALTH_NAMES: dict[Component, str] = {
    "api-server": "metadatabase",
    "scheduler": "scheduler",
    "dag-processor": "dag_processor",
    "triggerer": "triggerer",
}
_LOG_TAIL = 4000


class AirflowDidNotStart(RuntimeError):
    """A component ended or did not become healthy in time. The message has the end of its log."""


class AirflowCommandFailed(RuntimeError):
    """An `airflow` command failed. The message has its output."""


@dataclass(frozen=True)
class Process:
    """A running component: where its output goes, and when it was started."""

    handle: subprocess.Popen[bytes]
    log_file: Path
    launched: datetime
    log_begins: int

    @property
    def pid(self) -> int:
        """Return its process number, which is also the number of its session."""
        return self.handle.pid

    def log(self) -> str:
        """Return what it has logged since it was started."""
        return self.log_file.read_bytes()[self.log_begins :].decode(errors="replace")


class AirflowStack:
    """An Airflow on an embedded PostgreSQL, with LocalExecutor or, if it has a broker, CeleryExecutor and two workers.

    `env` is added to the environment of the processes last, so it may override any setting: connections
    (`AIRFLOW_CONN_*`), `CARTAGE_*`, `FAST_RECOVERY`. This process's own Airflow settings are not passed on. With
    `all_admins` nobody has to log in. Without deferrable tasks, `components` may omit the triggerer, which saves 5 of
    the 30 seconds that a start takes on 2 cores. The first task takes 6 seconds longer than the others, in the API
    server. DAGs start paused. The first stack on a PostgreSQL migrates a template database, which later stacks copy.

    `broker` is the URL of a Redis. `parallelism` is the number of tasks at once; workers share it evenly.
    """

    def __init__(
        self,
        home: Path,
        postgres: EmbeddedPostgres,
        *,
        dags: Path,
        plugins: Path,
        env: Mapping[str, str] | None = None,
        parallelism: int = 4,
        all_admins: bool = False,
        database: str = "airflow",
        components: Sequence[Component] = COMPONENTS,
        broker: str | None = None,
    ) -> None:
        self._postgres = postgres
        self._database = database
        self._components = (*components, *(WORKERS if broker else ()))
        self._folders = Folders(home.resolve(), dags.resolve(), plugins.resolve())
        self._addresses = Addresses(*free_ports(3))
        self._all_admins = all_admins
        self.passwords = {user: secrets.token_urlsafe(12) for user in USERS}
        self.processes: dict[Component, Process] = {}
        settings = airflow_settings(
            self._folders,
            self._addresses,
            database={driver: postgres.url(database, driver) for driver in ("psycopg2", "asyncpg")},
            parallelism=parallelism,
            all_admins=all_admins,
        )
        if broker:
            settings |= celery_settings(
                broker=broker,
                database=postgres.url(database, "psycopg2"),
                concurrency=max(1, parallelism // len(WORKERS)),
            )
        self.env = own_environment() | settings | dict(env or {})

    @property
    def url(self) -> str:
        """Return the address of the UI and the REST API."""
        return self._addresses.url

    @property
    def home(self) -> Path:
        """Return Airflow's home: its configuration, the tasks' logs (`logs/`), the components' logs (`components/`)."""
        return self._folders.home

    def client(self, user: str = "admin") -> AirflowClient:
        """Return a REST session of `user` (`admin`, `ops` or `viewer`)."""
        if self._all_admins:
            return AirflowClient(self.url)
        return AirflowClient(self.url, user, self.passwords[user])

    def start(self) -> Self:
        """Create the database, start every component, and return when all are healthy.

        Raises:
            AirflowDidNotStart: with the end of the log of the failed component.
            AirflowCommandFailed: if the database could not be migrated.
        """
        self.prepare()
        for component in self._components:
            self.launch(component)
        self.wait_until_healthy()
        return self

    def prepare(self) -> None:
        """Create the home and the database, without starting anything."""
        (self.home / "components").mkdir(parents=True, exist_ok=True)
        self._folders.passwords.write_text(json.dumps(self.passwords))
        self._folders.passwords.chmod(0o600)
        if self._postgres.has_database(self._database):
            return
        template = f"airflow_template_{version('apache-airflow-core')}"
        if not self._postgres.has_database(template):
            self._migrate(template)
        self._postgres.clone_database(template, self._database)

    def launch(self, component: Component) -> Process:
        """Start a component (again), without waiting for it."""
        log_file = self.home / "components" / f"{component}.log"
        launched = datetime.now(UTC)
        with log_file.open("ab") as log:
            begins = log.tell()
            process = subprocess.Popen(
                [sys.executable, "-m", "airflow", *self._words(component)],
                env=self.env,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        guard.watch(process.pid, signal.SIGTERM, _STOP_SECONDS[component])
        self.processes[component] = Process(process, log_file, launched, begins)
        return self.processes[component]

    def wait_until_healthy(self, seconds: float = _START_SECONDS) -> None:
        """Wait until the database and every component is healthy, by a heartbeat of its current process.

        Raises:
            AirflowDidNotStart: with the end of the log of the failed component.
        """
        deadline = time.monotonic() + seconds
        while (problem := self._problem()) is not None:
            component, words = problem
            if time.monotonic() > deadline or not is_alive(self.processes[component].pid):
                log = self.processes[component].log_file.read_text(errors="replace")[-_LOG_TAIL:]
                raise AirflowDidNotStart(f"{component} {words}. The end of its log:\n{log}")
            time.sleep(_POLL_SECONDS)

    def kill(
        self, component: Component, number: signal.Signals = signal.SIGKILL, *, with_children: bool = False
    ) -> None:
        """Send a signal to a component alone, or also to everything that it started (like a dying container)."""
        leader = self.processes[component].pid
        for pid in session_members(leader) if with_children else [leader]:
            os.kill(pid, number)

    def end(self, component: Component) -> None:
        """Stop a component with its children, gently at first. `launch` starts it again."""
        process = self.processes.pop(component)
        end_session(process.pid, signal.SIGTERM, _STOP_SECONDS[component])
        process.handle.wait()
        guard.forget(process.pid)

    def stop(self) -> None:
        """Stop every component and everything it started. Running tasks are killed after 15 seconds."""
        for process in self.processes.values():
            if is_alive(process.pid):
                os.kill(process.pid, signal.SIGTERM)
        for component in list(self.processes):
            self.end(component)

    def discard(self) -> None:
        """Kill everything at once, if database and files are discarded anyway: stopping takes a quarter of a minute."""
        for component, process in self.processes.items():
            if is_alive(process.pid):
                self.kill(component)
        self.stop()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *error: object) -> None:
        self.stop()

    def cli(self, *arguments: str, seconds: float = 120) -> str:
        """Return the output of `airflow ARGUMENTS...` for this stack. Raises AirflowCommandFailed."""
        return self._command(arguments, self.env, seconds)

    def _words(self, component: Component) -> list[str]:
        """Return the command that starts a component, without `airflow`. Workers share the machine and its logs."""
        if component not in WORKERS:
            return [component]
        own = ["--celery-hostname", component, "--pid", str(self.home / f"{component}.pid")]
        return ["celery", "worker", *own, "--skip-serve-logs"]

    def _migrate(self, template: str) -> None:
        unfinished = f"{template}_unfinished"
        self._postgres.drop_database(unfinished)
        self._postgres.create_database(unfinished)
        urls = {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self._postgres.url(unfinished, "psycopg2"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": self._postgres.url(unfinished, "asyncpg"),
        }
        self._command(("db", "migrate"), self.env | urls, _START_SECONDS)
        self._postgres.rename_database(unfinished, template)

    def _command(self, arguments: tuple[str, ...], env: Mapping[str, str], seconds: float) -> str:
        response = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env=env,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if response.returncode:
            output = (response.stdout + response.stderr)[-_LOG_TAIL:]
            raise AirflowCommandFailed(
                f"airflow {' '.join(arguments)} ended with {response.returncode}:\n{output}"
            )
        return response.stdout

    def _problem(self) -> tuple[Component, str] | None:
        for component, process in self.processes.items():
            if not is_alive(process.pid):
                return component, "has ended"
        try:
            with AirflowClient(self.url) as client:
                health = client.health()
        except (requests.RequestException, AirflowApiError) as error:
            return "api-server", f"does not respond ({type(error).__name__})"
        for component, process in self.processes.items():
            if component in WORKERS:
                if f"celery@{component} ready" not in process.log():
                    return component, "is not ready"
                continue
            seen = health[_HEALTH_NAMES[component]]
            if seen.status != "healthy" or (seen.heartbeat and seen.heartbeat < process.launched):
                return component, f"is {seen.status}, last seen {seen.heartbeat}"
        return None
