"""Samples of `make faults-airflow`: processes of a real Airflow are killed, on both executors.

They wait for missed heartbeats, so all are for `make nightly`. `make test` kills the processes of stages
(`test_processes.py`, `test_crash_points.py`), and the triggerer of a real Airflow (`tests/e2e/test_lookout.py`).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.faults.harness.series import rows_of
from tests.faults.real_airflow.schedule import KILL_A_WORKER, Executor, draw
from tests.faults.real_airflow.series import real_airflows

# A task is killed while tracking is written, and the scheduler while orders are sent; both take a minute.
SEED, ORDERS = 14, 40
STRIKES = ["kill the task", "kill the scheduler"]


@pytest.fixture(scope="module")
def endings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """How the trial on LocalExecutor ended, which the one on Celery is compared with."""
    return tmp_path_factory.mktemp("endings")


@pytest.mark.nightly
def test_killing_a_task_and_a_scheduler_neither_doubles_nor_loses_an_order(endings: Path) -> None:
    schedule = draw(SEED, orders=ORDERS)
    assert [strike.act for strike in schedule.strikes] == STRIKES
    [row] = rows_of([schedule], 1, partial(real_airflows, endings))
    assert row.passed, row.line()
    assert row.struck == "2/2"


@pytest.mark.nightly
def test_on_celery_with_a_killed_worker_every_order_ends_as_on_local_executor(endings: Path) -> None:
    schedule = draw(SEED, orders=ORDERS, executor=Executor.CELERY)
    assert [strike.act for strike in schedule.strikes] == [*STRIKES, KILL_A_WORKER]
    [row] = rows_of([schedule], 1, partial(real_airflows, endings))
    assert row.passed, row.line()
    assert row.struck == "3/3"
