"""A small sample of `make faults-airflow`: a task and the scheduler of a real Airflow are killed."""

from __future__ import annotations

from tests.faults.harness.series import rows_of
from tests.faults.real_airflow.schedule import draw
from tests.faults.real_airflow.series import real_airflows

# A task is killed while tracking is written, and the scheduler while orders are sent; both take a minute.
SEED = 14


def test_killing_a_task_and_a_scheduler_neither_doubles_nor_loses_an_order() -> None:
    schedule = draw(SEED, orders=40)
    assert [strike.act for strike in schedule.strikes] == ["kill the task", "kill the scheduler"]
    [row] = rows_of([schedule], 1, real_airflows)
    assert row.passed, row.line()
    assert row.struck == "2/2"
