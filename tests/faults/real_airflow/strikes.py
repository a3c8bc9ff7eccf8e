"""Strikes at a running Airflow: at a task, a component, or the database."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
import requests

from cartage_sandbox.stack.airflow import WORKERS, Component
from cartage_sandbox.stack.client import AirflowApiError
from cartage_sandbox.stack.processes import session_members
from tests.faults.harness.progress import Strike
from tests.faults.real_airflow.schedule import KILL_A_WORKER
from tests.faults.real_airflow.site import LANE, Site

# Longer than Airflow waits for a heartbeat (20 s), than the retry delay, and than a claim (58 s).
_FROZEN_SECONDS = 100.0
_SCHEDULER: tuple[Component, ...] = ("scheduler",)
# Red is its result: orders wait for a person. It is not tried again.
_RED_BY_DESIGN = "blocked_orders"


@dataclass(frozen=True)
class RunningTask:
    """A task instance that is running according to Airflow."""

    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    pid: int | None


class Striker:
    """Carries out strikes. `killed_at` is when a group of processes was last killed, `killed` its tasks then."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._thawing: list[threading.Timer] = []
        self.killed_at = 0.0
        self.killed: list[RunningTask] = []

    def strike(self, strike: Strike) -> bool:
        """Carry out a strike. Return False if there was no target yet."""
        acts: Mapping[str, Callable[[], bool | None]] = {
            "kill the task": lambda: self._at_task(signal.SIGKILL),
            "freeze the task": self._freeze,
            "kill the scheduler": lambda: self._site.airflow.kill("scheduler"),
            "kill the scheduler's group": self._kill_group,
            "kill the API server": lambda: self._site.airflow.kill("api-server", with_children=True),
            "crash the database": lambda: self._crash(strike.seconds),
            "clear the task": self._clear,
            KILL_A_WORKER: self._kill_worker,
        }
        gone = (ProcessLookupError, psutil.NoSuchProcess)
        with suppress(AirflowApiError, requests.RequestException, *gone):
            return acts[strike.act]() is not False
        return False

    def end(self) -> None:
        """Wait until frozen tasks continue."""
        for timer in self._thawing:
            timer.join()

    def running_tasks(self) -> list[RunningTask]:
        """Return the lane's tasks that are running according to Airflow."""
        with self._site.client() as client:
            found = client.call(
                "GET", "/dags/~/dagRuns/~/taskInstances", params={"state": "running", "limit": 100}
            )["task_instances"]
        return [
            RunningTask(task["dag_id"], task["dag_run_id"], task["task_id"], task["try_number"], task["pid"])
            for task in found
            if task["dag_id"].endswith(f"__{LANE}")
        ]

    def _task_processes(self) -> list[psutil.Process]:
        """Return the processes of tasks, wherever tasks run."""
        found: list[psutil.Process] = []
        for component in WORKERS if self._site.on_celery else _SCHEDULER:
            found += self._tasks_of(component)
        return found

    def _tasks_of(self, component: Component) -> list[psutil.Process]:
        """Return the processes of a component's tasks: grandchildren, below the process that supervises each."""
        leader = self._site.airflow.processes[component].pid
        members = [psutil.Process(pid) for pid in session_members(leader)]
        parents = {process.pid: process.ppid() for process in members}
        return [member for member in members if parents.get(parents.get(member.pid, 0)) == leader]

    def _at_task(self, number: signal.Signals) -> bool:
        tasks = self._task_processes()
        for task in tasks[:1]:
            os.kill(task.pid, number)
        return bool(tasks)

    def _freeze(self) -> bool:
        """Freeze a task and its supervisor until Airflow has given it up and another task has settled what it left."""
        tasks = self._task_processes()
        if not tasks:
            return False
        pids = [tasks[0].pid, tasks[0].ppid()]
        _signal(pids, signal.SIGSTOP)
        thaw = threading.Timer(_FROZEN_SECONDS, _signal, [pids, signal.SIGCONT])
        thaw.start()
        self._thawing.append(thaw)
        return True

    def _kill_group(self) -> bool:
        tasks = [] if self.killed else self.running_tasks()
        if tasks:
            self._kill(tasks, "scheduler")
        return bool(tasks)

    def _kill_worker(self) -> bool:
        """Kill a worker that runs tasks, and everything below it, as when its container dies."""
        running = [] if self.killed else self.running_tasks()
        for worker in WORKERS:
            pids = {task.pid for task in self._tasks_of(worker)}
            if tasks := [task for task in running if task.pid in pids]:
                self._kill(tasks, worker)
                return True
        return False

    def _kill(self, tasks: list[RunningTask], component: Component) -> None:
        """Kill a component with its children, and remember its tasks, whose recovery is measured."""
        self.killed, self.killed_at = tasks, time.monotonic()
        self._site.airflow.kill(component, with_children=True)

    def _crash(self, seconds: float) -> None:
        self._site.postgres.crash()
        time.sleep(seconds)
        self._site.postgres.resume()

    def _clear(self) -> bool:
        tasks = self.running_tasks()
        for task in tasks[:1]:
            with self._site.client() as client:
                client.clear(task.dag_id, task.run_id, [task.task_id])
        return bool(tasks)


def are_resumed(site: Site, tasks: list[RunningTask]) -> bool:
    """Return whether each of these tasks runs again, has ended, or was skipped because nothing was left to do."""
    return all(_is_resumed(site, task) for task in tasks)


def _is_resumed(site: Site, task: RunningTask) -> bool:
    with suppress(AirflowApiError, requests.RequestException), site.client() as client:
        now: Any = client.task(task.dag_id, task.run_id, task.task_id)
        return bool(
            now.state in ("success", "skipped")
            or (now.state == "failed" and task.task_id == _RED_BY_DESIGN)
            or (now.try_number > task.try_number and now.state == "running")
        )
    return False


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
