"""Run schedules, and return their rows of the table."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.faults.harness.table import Row
from tests.faults.real_airflow.schedule import AirflowSchedule
from tests.faults.real_airflow.trial import LONGEST_RECOVERY, AirflowTrial, try_out


@contextmanager
def real_airflows() -> Iterator[Callable[[AirflowSchedule], Row]]:
    """Yield the function that runs trials of a real Airflow on a shared PostgreSQL."""
    with EmbeddedPostgres(throw_away=True) as postgres:
        yield lambda schedule: row_of(schedule, postgres)


def row_of(schedule: AirflowSchedule, postgres: EmbeddedPostgres) -> Row:
    """Run a schedule. Never raises: an error of the trial itself is the row's failure."""
    folder = Path(tempfile.mkdtemp(prefix=f"cartage-faults-airflow-{schedule.seed}-"))
    try:
        trial = try_out(schedule, folder, postgres)
    except Exception as fault:  # noqa: BLE001 - reported as failed; the others still run
        (folder / "failure.txt").write_text(traceback.format_exc())
        return Row(schedule.seed, schedule.faults, failure=f"{type(fault).__name__}: {fault}", logs=folder)
    struck = f"{trial.struck}/{len(schedule.strikes)}"
    row = Row(
        schedule.seed, _faults(schedule, trial), struck, trial.seconds, trial.verdict, _failure(trial), folder
    )
    if row.passed:
        shutil.rmtree(folder, ignore_errors=True)
    return row


def _faults(schedule: AirflowSchedule, trial: AirflowTrial) -> str:
    """Return the strikes, and the time of recovery after the scheduler's group was killed."""
    return schedule.faults if trial.recovery is None else f"({trial.recovery:.0f} s) {schedule.faults}"


def _failure(trial: AirflowTrial) -> str:
    if trial.recovery is None or trial.recovery <= LONGEST_RECOVERY:
        return ""
    return f"the scheduler's group took {trial.recovery:.0f} s to recover, more than {LONGEST_RECOVERY:.0f} s"
