"""Run many trials, a few in parallel, each with a PostgreSQL of its own, so that a crash affects no other trial."""

from __future__ import annotations

import multiprocessing
import os
import queue
import shutil
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from tests.faults.harness.ledgers import Ledgers
from tests.faults.harness.programs import Programs
from tests.faults.harness.schedule import Schedule
from tests.faults.harness.table import Row
from tests.faults.harness.trial import try_out

_POLL_SECONDS = 0.5


# Opened once in each process; yields the function that runs a schedule there.
Bench = Callable[[], AbstractContextManager[Callable[[Any], Row]]]


def rows_of(schedules: Iterable[Any], jobs: int, bench: Bench) -> Iterator[Row]:
    """Run schedules in `jobs` processes, each with its own bench. Yield the row of each trial when it ends."""
    context = multiprocessing.get_context("spawn")
    todo: multiprocessing.Queue[Any] = context.Queue()
    done: multiprocessing.Queue[Row] = context.Queue()
    for schedule in [*schedules, *[None] * jobs]:
        todo.put(schedule)
    workers = [context.Process(target=_work, args=(bench, todo, done)) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers) or not done.empty():
        try:
            yield done.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
    for worker in workers:
        worker.join()


def _work(bench: Bench, todo: multiprocessing.Queue[Any], done: multiprocessing.Queue[Row]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    with bench() as row_of_schedule:
        for schedule in iter(todo.get, None):
            done.put(row_of_schedule(schedule))


def _end_with_parent() -> None:
    """End this process with its parent. Its children end with their pipes, and PostgreSQL has a watchdog."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


@contextmanager
def stage_processes() -> Iterator[Callable[[Schedule], Row]]:
    """Yield the function that runs trials of stage processes on a shared PostgreSQL and forge."""
    with Ledgers() as ledgers, Programs() as programs:
        yield lambda schedule: row_of(schedule, ledgers, programs)


def row_of(schedule: Schedule, ledgers: Ledgers, programs: Programs) -> Row:
    """Run a schedule. Never raises: an error of the trial itself is the row's failure."""
    faults = ", ".join(schedule.themes)
    folder = Path(tempfile.mkdtemp(prefix=f"cartage-faults-{schedule.seed}-"))
    try:
        trial = try_out(schedule, folder, ledgers, programs)
    except Exception as fault:  # noqa: BLE001 - reported as failed; the others still run
        (folder / "failure.txt").write_text(traceback.format_exc())
        return Row(schedule.seed, faults, failure=f"{type(fault).__name__}: {fault}", logs=folder)
    struck = f"{trial.struck}/{len(schedule.strikes) + len(schedule.calls)}"
    row = Row(schedule.seed, faults, struck, trial.seconds, trial.verdict, logs=folder)
    if row.passed:
        shutil.rmtree(folder, ignore_errors=True)
    return row
