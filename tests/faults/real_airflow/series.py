"""Run schedules, and return their rows of the table."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.faults.harness.table import Row
from tests.faults.real_airflow.ending import Ending, Endings, differences
from tests.faults.real_airflow.schedule import AirflowSchedule, Executor, draw
from tests.faults.real_airflow.site import CONNECTIONS_PER_TASK, PARALLELISM
from tests.faults.real_airflow.trial import LONGEST_RECOVERY, AirflowTrial, try_out

_MOST_CONNECTIONS = PARALLELISM * CONNECTIONS_PER_TASK


@contextmanager
def real_airflows(endings: Path | None = None) -> Iterator[Callable[[AirflowSchedule], Row]]:
    """Yield the function that runs trials of a real Airflow on a shared PostgreSQL.

    A trial on Celery is compared with the same seed on LocalExecutor. `endings` is a folder that keeps how the latter
    ended; what is missing there is run first.
    """
    with EmbeddedPostgres(throw_away=True) as postgres, _folder(endings) as kept:
        yield lambda schedule: row_of(schedule, postgres, Endings(kept))


def row_of(schedule: AirflowSchedule, postgres: EmbeddedPostgres, endings: Endings) -> Row:
    """Run a schedule. Never raises: an error of the trial itself is the row's failure."""
    reference: Ending | None = None
    if schedule.executor is Executor.CELERY:
        reference = endings.read(schedule)
        if reference is None:
            local = draw(schedule.seed, orders=schedule.orders + schedule.late_orders)
            row = row_of(local, postgres, endings)
            if not row.passed:
                return replace(row, failure=f"LocalExecutor, to compare with: {row.failure}")
            reference = endings.read(schedule)
    folder = Path(tempfile.mkdtemp(prefix=f"cartage-faults-airflow-{schedule.seed}-"))
    try:
        trial = try_out(schedule, folder, postgres)
    except Exception as fault:  # noqa: BLE001 - reported as failed; the others still run
        (folder / "failure.txt").write_text(traceback.format_exc())
        return Row(schedule.seed, schedule.faults, failure=f"{type(fault).__name__}: {fault}", logs=folder)
    if reference is not None:
        problems = (*trial.verdict.problems, *differences(trial.ending, reference))
        trial = replace(trial, verdict=replace(trial.verdict, problems=problems))
    struck = f"{trial.struck}/{len(schedule.strikes)}"
    faults = _faults(schedule, trial)
    row = Row(schedule.seed, faults, struck, trial.seconds, trial.verdict, _failure(schedule, trial), folder)
    if row.passed:
        shutil.rmtree(folder, ignore_errors=True)
        if schedule.executor is Executor.LOCAL:
            endings.keep(schedule, trial.ending)
    return row


def _faults(schedule: AirflowSchedule, trial: AirflowTrial) -> str:
    """Return the strikes, the time of recovery after a group was killed, and the most connections to the ledger."""
    recovery = "" if trial.recovery is None else f"{trial.recovery:.0f} s, "
    return f"({recovery}{trial.connections} conn.) {schedule.faults}"


def _failure(schedule: AirflowSchedule, trial: AirflowTrial) -> str:
    longest = LONGEST_RECOVERY[schedule.executor]
    if trial.recovery is not None and trial.recovery > longest:
        return (
            f"the tasks of a killed group took {trial.recovery:.0f} s to recover, more than {longest:.0f} s"
        )
    # A killed scheduler leaves tasks of LocalExecutor behind, which work on beside those of the next one.
    if schedule.executor is Executor.CELERY and trial.connections > _MOST_CONNECTIONS:
        return f"{trial.connections} connections to the ledger at once, more than {_MOST_CONNECTIONS}"
    return ""


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """Yield the folder of kept endings, or one for this time."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="cartage-endings-") as folder:
        yield Path(folder)
