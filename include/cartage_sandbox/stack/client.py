"""Airflow's REST API as an operator's script would use it: the demo and the end-to-end tests act through it.

Waits have a deadline. It knows nothing about Cartage's DAGs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import requests

from cartage_sandbox.stack.records import Health, Run, TaskInstance, instant, log_line

FINISHED = frozenset({"success", "failed"})
Reprocess = Literal["none", "failed", "completed"]

_T = TypeVar("_T")

_TIMEOUT = (5, 60)
_PAGE = 100
_POLL_SECONDS = 0.25


class AirflowApiError(RuntimeError):
    """Airflow refused a call. `status` is the HTTP status; the message has Airflow's text."""

    def __init__(self, call: str, status: int, body: str) -> None:
        super().__init__(f"{call} got {status}: {body[:500]}")
        self.status = status


class NotInTime(TimeoutError):
    """The expected state did not come in time. The message says what was seen last."""


class AirflowClient:
    """A user's session with an Airflow.

    Without name and password it requests the token that an Airflow with `simple_auth_manager_all_admins` gives to
    everyone. Every method raises AirflowApiError if Airflow refuses, and the `wait_` methods raise NotInTime.
    """

    def __init__(self, url: str, user: str | None = None, password: str | None = None) -> None:
        self.url = url
        self._login = {"username": user, "password": password} if user else None
        self._session = requests.Session()

    def close(self) -> None:
        """Close the connections to Airflow."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """Return the JSON response to any call below `/api/v2` that has no method here; None if it is empty."""
        return self._send(method, f"/api/v2{path}", **options)

    def health(self) -> dict[str, Health]:
        """Return the state of `metadatabase`, `scheduler`, `dag_processor` and `triggerer`."""
        response = self._json("GET", "/api/v2/monitor/health")
        return {
            name: Health(part["status"], instant(part.get(f"latest_{name}_heartbeat")))
            for name, part in response.items()
        }

    def dag_ids(self) -> list[str]:
        """Return the DAGs that are parsed and not stale."""
        return [dag["dag_id"] for dag in self._pages("/dags", "dags")]

    def wait_for_dags(self, dag_ids: Collection[str], seconds: float = 90) -> None:
        """Wait until all of `dag_ids` are parsed."""
        self._wait(
            lambda: sorted(set(dag_ids) - set(self.dag_ids())),
            lambda missing: not missing,
            seconds,
            f"parsing {sorted(dag_ids)}; missing",
        )

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run the DAG."""
        self.call("PATCH", f"/dags/{dag_id}", json={"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Let the scheduler create no new runs of the DAG."""
        self.call("PATCH", f"/dags/{dag_id}", json={"is_paused": True})

    def trigger(
        self,
        dag_id: str,
        *,
        conf: Mapping[str, Any] | None = None,
        window: tuple[datetime, datetime] | None = None,
        run_id: str | None = None,
    ) -> str:
        """Start a manual run, for a window if one is given. Return its run id."""
        body: dict[str, Any] = {"logical_date": window[0].isoformat() if window else None, "conf": conf or {}}
        if window:
            body |= {"data_interval_start": window[0].isoformat(), "data_interval_end": window[1].isoformat()}
        if run_id:
            body["dag_run_id"] = run_id
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> Run:
        """Return the current state of a run."""
        return Run.parse(self.call("GET", _run_path(dag_id, run_id)))

    def runs(self, dag_id: str, *, run_type: str | None = None, state: str | None = None) -> list[Run]:
        """Return the runs of a DAG, earliest first. `run_type` is `scheduled`, `manual` or `backfill`."""
        wanted = {"order_by": "run_after", "run_type": run_type, "state": state}
        return [Run.parse(item) for item in self._pages(f"/dags/{dag_id}/dagRuns", "dag_runs", wanted)]

    def wait_for_run(
        self, dag_id: str, run_id: str, *, states: Collection[str] = FINISHED, seconds: float = 120
    ) -> Run:
        """Wait until the run is in one of `states`. NotInTime names the state of each of its tasks."""
        try:
            return self._wait(
                lambda: self.run(dag_id, run_id),
                lambda run: run.state in states,
                seconds,
                f"{dag_id} {run_id} to be {sorted(states)}; was",
            )
        except NotInTime as error:
            tasks = {task.task_id: task.state for task in self.task_instances(dag_id, run_id)}
            raise NotInTime(f"{error}; tasks {tasks}") from None

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """Return every task of a run, with its latest try."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances"
        return [TaskInstance.parse(item) for item in self._pages(path, "task_instances")]

    def task(self, dag_id: str, run_id: str, task_id: str) -> TaskInstance:
        """Return a task of a run, with its latest try."""
        return TaskInstance.parse(self.call("GET", _task_path(dag_id, run_id, task_id)))

    def task_log(
        self, dag_id: str, run_id: str, task_id: str, *, try_number: int = 1, map_index: int = -1
    ) -> str:
        """Return the log of a try as text: a line per record, with its event and then its other fields."""
        response = self.call(
            "GET",
            f"{_task_path(dag_id, run_id, task_id)}/logs/{try_number}",
            params={"map_index": map_index, "full_content": "true"},
            headers={"Accept": "application/json"},
        )
        return "\n".join(log_line(record) for record in response["content"])

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """Return what a task stored in XCom under `key`."""
        path = f"{_task_path(dag_id, run_id, task_id)}/xcomEntries/{quote(key, safe='')}"
        return self.call("GET", path, params={"stringify": "false"})["value"]

    def clear(self, dag_id: str, run_id: str, task_ids: Collection[str], *, downstream: bool = True) -> None:
        """Clear tasks of a run so that they run again, by default with the tasks that follow them."""
        self.call(
            "POST",
            f"/dags/{dag_id}/clearTaskInstances",
            json={
                "dag_run_id": run_id,
                "task_ids": list(task_ids),
                "include_downstream": downstream,
                "only_failed": False,
                "reset_dag_runs": True,
                "dry_run": False,
            },
        )

    def create_backfill(
        self,
        dag_id: str,
        first: datetime,
        last: datetime,
        *,
        reprocess: Reprocess = "none",
        max_active_runs: int = 10,
    ) -> int:
        """Run the windows with logical dates in `[first, last]`, both included. Return the id of the backfill."""
        response = self.call(
            "POST",
            "/backfills",
            json={
                "dag_id": dag_id,
                "from_date": first.isoformat(),
                "to_date": last.isoformat(),
                "reprocess_behavior": reprocess,
                "max_active_runs": max_active_runs,
                "run_backwards": False,
                "dag_run_conf": {},
            },
        )
        return int(response["id"])

    def wait_for_backfill(self, backfill_id: int, seconds: float = 180) -> None:
        """Wait until every run of the backfill has finished."""
        self._wait(
            lambda: self.call("GET", f"/backfills/{backfill_id}")["completed_at"],
            lambda completed: completed is not None,
            seconds,
            f"backfill {backfill_id} to complete; completed_at",
        )

    def import_errors(self) -> dict[str, str]:
        """Return the DAG files that could not be read, with the stack trace of each."""
        return {
            each["filename"]: each["stack_trace"] for each in self._pages("/importErrors", "import_errors")
        }

    def connections(self) -> dict[str, str]:
        """Return the connections in Airflow's database with their types (not those of the environment)."""
        return {
            each["connection_id"]: each["conn_type"] for each in self._pages("/connections", "connections")
        }

    def create_connection(self, connection_id: str, conn_type: str, **fields: Any) -> None:
        """Store a connection in Airflow's database. `extra` is a JSON text."""
        body = {"connection_id": connection_id, "conn_type": conn_type, **fields}
        self.call("POST", "/connections", json=body)

    def create_pool(self, name: str, slots: int) -> None:
        """Create a pool, or set the slots of the pool with this name."""
        settings = {"slots": slots, "include_deferred": False}
        try:
            self.call("POST", "/pools", json={"name": name, **settings})
        except AirflowApiError as error:
            if error.status != requests.codes.conflict:
                raise
            self.call("PATCH", f"/pools/{quote(name)}", json={"pool": name, **settings})

    def _pages(self, path: str, key: str, wanted: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        while True:
            params = {**(wanted or {}), "limit": _PAGE, "offset": len(items)}
            response = self.call("GET", path, params=params)
            items += response[key]
            if not response[key] or len(items) >= response["total_entries"]:
                return items

    def _send(self, method: str, path: str, **options: Any) -> Any:
        if "Authorization" not in self._session.headers:
            verb = "POST" if self._login else "GET"
            token = self._json(verb, "/auth/token", json=self._login)["access_token"]
            self._session.headers["Authorization"] = f"Bearer {token}"
        return self._json(method, path, **options)

    def _json(self, method: str, path: str, **options: Any) -> Any:
        response = self._session.request(method, self.url + path, timeout=_TIMEOUT, **options)
        if not response.ok:
            raise AirflowApiError(f"{method} {path}", response.status_code, response.text)
        return response.json() if response.content else None

    def _wait(self, ask: Callable[[], _T], done: Callable[[_T], bool], seconds: float, what: str) -> _T:
        deadline = time.monotonic() + seconds
        while not done(seen := ask()):
            if time.monotonic() > deadline:
                raise NotInTime(f"waited {seconds:g} s for {what} {seen}")
            time.sleep(_POLL_SECONDS)
        return seen


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"


def _task_path(dag_id: str, run_id: str, task_id: str) -> str:
    return f"{_run_path(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}"
