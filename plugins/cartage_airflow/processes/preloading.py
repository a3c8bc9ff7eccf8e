"""Import once, before the fork, what every task needs.

The scheduler with LocalExecutor forks a process for each task, and the dag-processor one for each file. Modules that
the parent has loaded cost the child nothing. The parent reads no settings here and opens no connection.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module

log = logging.getLogger(__name__)

# `false` leaves it to each process to import what it needs.
VARIABLE = "CARTAGE_PRELOAD"

# The task runner and the parser of DAG files, then what the first task of each family uses.
_OF_A_FILE = ("airflow.dag_processing.dagbag", "cartage_airflow.families")
_OF_A_TASK = (
    "airflow.sdk.execution_time.task_runner",
    *_OF_A_FILE,
    "cartage.changes.watch_sent_orders",
    "cartage.http.session",
    "cartage.intake.import_orders",
    "cartage.inventory.poll_stock",
    "cartage.monitoring.measures",
    "cartage.readiness.stages",
    "cartage.recovery.installation",
    "cartage.recovery.survey",
    "cartage.runtime.breaker",
    "cartage.runtime.context",
    "cartage.shipments.poll_tracking",
    "cartage_airflow.metrics",
)


def preload() -> None:
    """Import what the processes need that this one will fork. A module that fails to import is left to them."""
    if os.environ.get(VARIABLE, "").strip().lower() in ("false", "0", "no", "off"):
        return
    for name in modules_for(sys.argv):
        try:
            import_module(name)
        except Exception:
            log.exception("%s cannot be imported before the fork; each process imports it itself", name)


def modules_for(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the modules that the processes of this command of Airflow's need; none if it forks no tasks."""
    command = arguments[1] if len(arguments) > 1 else ""
    if command == "dag-processor":
        yield from _OF_A_FILE
    elif command == "scheduler" and _forks_tasks():
        yield from _OF_A_TASK


def _forks_tasks() -> bool:
    from airflow.configuration import conf

    return "LocalExecutor" in str(conf.get("core", "executor", fallback=""))
