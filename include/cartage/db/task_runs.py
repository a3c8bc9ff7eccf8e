"""When each task of a lane last began and last succeeded: what tells a run that did not happen from a quiet one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from cartage.db.engine import Ledger

_BEGAN = text(
    """
    INSERT INTO task_run (lane, task, started_at)
    VALUES (:lane, :task, CASE WHEN :live THEN clock_timestamp() END)
    ON CONFLICT (lane, task) DO UPDATE SET started_at = coalesce(excluded.started_at, task_run.started_at)
    """
)

_SUCCEEDED = text("UPDATE task_run SET succeeded_at = clock_timestamp() WHERE lane = :lane AND task = :task")

_ALL = text("SELECT task, first_at, started_at, succeeded_at FROM task_run WHERE lane = :lane ORDER BY task")


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One task of a lane. `started_at` knows live runs only: a backfill is no sign that the schedule works."""

    task: str
    first_at: datetime
    started_at: datetime | None
    succeeded_at: datetime | None


@contextmanager
def noted(ledger: Ledger, lane: str, task: str, *, live: bool = True) -> Iterator[None]:
    """Note that a task begins, and at the end of the block that it succeeded; nothing more if the block raises."""
    with ledger.begin() as connection:
        connection.execute(_BEGAN, {"lane": lane, "task": task, "live": live})
    yield
    with ledger.begin() as connection:
        connection.execute(_SUCCEEDED, {"lane": lane, "task": task})


def task_runs(connection: Connection, lane: str) -> dict[str, TaskRun]:
    """What is known of a lane's tasks, by their names."""
    rows = connection.execute(_ALL, {"lane": lane})
    return {row.task: TaskRun(row.task, row.first_at, row.started_at, row.succeeded_at) for row in rows}
