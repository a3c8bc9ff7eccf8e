"""When each task of a lane last began and last succeeded, which shows the runs that did not happen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from cartage.db.engine import Ledger
from cartage.db.schema import task_run
from cartage.task_names import stage_and_warehouse


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A task of a lane. `started_at` is of live runs only: a backfill does not show that the schedule works."""

    task: str
    first_at: datetime
    started_at: datetime | None
    succeeded_at: datetime | None


@contextmanager
def record_task_run(ledger: Ledger, lane: str, task: str, *, live: bool = True) -> Iterator[None]:
    """Record that a task begins and, at the end of the block, that it succeeded. Its failure is not recorded."""
    began = insert(task_run).values(lane=lane, task=task, started_at=func.clock_timestamp() if live else None)
    started_at = func.coalesce(began.excluded.started_at, task_run.c.started_at)
    with ledger.begin() as connection:
        connection.execute(
            began.on_conflict_do_update(index_elements=["lane", "task"], set_={"started_at": started_at})
        )
    yield
    succeeded = update(task_run).where(task_run.c.lane == lane, task_run.c.task == task)
    with ledger.begin() as connection:
        connection.execute(succeeded.values(succeeded_at=func.clock_timestamp()))


def note_nothing_to_do(connection: Connection, lane: str, tasks: Sequence[str]) -> None:
    """Record that these tasks had nothing to do in a run, and were skipped: that counts as success."""
    now = func.clock_timestamp()
    skipped = insert(task_run).values([{"lane": lane, "task": task, "succeeded_at": now} for task in tasks])
    connection.execute(
        skipped.on_conflict_do_update(index_elements=["lane", "task"], set_={"succeeded_at": now})
    )


def task_runs(connection: Connection, lane: str) -> dict[str, TaskRun]:
    """Return the recorded tasks of a lane by name."""
    rows = connection.execute(select(task_run).where(task_run.c.lane == lane).order_by(task_run.c.task))
    return by_name(TaskRun(row.task, row.first_at, row.started_at, row.succeeded_at) for row in rows)


def by_name(runs: Iterable[TaskRun]) -> dict[str, TaskRun]:
    """Return tasks by name. Tasks for each of several warehouses count under their stage's name, too.

    The stage has begun when one of them has, and has succeeded when all of them have.
    """
    found = {run.task: run for run in runs}
    stages: dict[str, list[TaskRun]] = {}
    for run in found.values():
        stage, warehouse = stage_and_warehouse(run.task)
        if warehouse:
            stages.setdefault(stage, []).append(run)
    for stage, places in stages.items():
        started = [run.started_at for run in places if run.started_at is not None]
        succeeded = [run.succeeded_at for run in places if run.succeeded_at is not None]
        found[stage] = TaskRun(
            stage,
            min(run.first_at for run in places),
            max(started, default=None),
            min(succeeded) if len(succeeded) == len(places) else None,
        )
    return found
