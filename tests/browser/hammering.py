"""Readers that request one page of the desk after the other, and what Airflow logs about its tasks meanwhile."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import requests

from cartage_sandbox.stack.airflow import AirflowStack, Component

_READERS = 4
# The api-server logs a line for each request.
_HEARTBEAT = re.compile(r"path=/execution/task-instances/[\w-]+/heartbeat .*status_code=(\d+)")
_MISSED = "failed heartbeat"


class Hammering:
    """Requests the pages without pause inside the block; afterwards `served` counts the successful responses."""

    def __init__(self, airflow: AirflowStack, lane: str, pages: tuple[str, ...]) -> None:
        self._airflow, self._lane, self._pages = airflow, lane, pages
        self._stop, self._pool = threading.Event(), ThreadPoolExecutor(_READERS)
        self._from = {part: len(self._log(part)) for part in airflow.processes}
        self.served = 0

    def __enter__(self) -> Self:
        self._readers = [self._pool.submit(self._read) for _ in range(_READERS)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self.served = sum(reader.result() for reader in self._readers)
        self._pool.shutdown()

    def heartbeats(self) -> list[int]:
        """Return the statuses of all tasks' heartbeats since the start: 204 for each that was accepted."""
        return [int(status) for status in _HEARTBEAT.findall(self._since("api-server"))]

    def missed(self) -> list[str]:
        """Return the log lines of the tasks' supervisors about heartbeats that failed."""
        log = self._since("scheduler").lower().replace("failed to send heartbeat", _MISSED)
        return [line for line in log.splitlines() if _MISSED in line]

    def _since(self, part: Component) -> str:
        return self._log(part)[self._from[part] :]

    def _log(self, part: Component) -> str:
        return self._airflow.processes[part].log_file.read_text(errors="replace")

    def _read(self) -> int:
        session, served, url = requests.Session(), 0, self._airflow.url
        login = {"username": "admin", "password": self._airflow.passwords["admin"]}
        token = session.post(f"{url}/auth/token", json=login, timeout=30).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        while not self._stop.is_set():
            for page in self._pages:
                response = session.get(f"{url}/cartage/{page}", params={"lane": self._lane}, timeout=60)
                served += response.ok
        return served
