"""A small sample of the fault schedules under a real Airflow; `make faults-airflow` runs twenty large ones."""

from __future__ import annotations

import pytest

from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.faults.real_airflow.schedule import ACTS, draw
from tests.faults.real_airflow.series import row_of

pytestmark = [pytest.mark.e2e, pytest.mark.faults]

# Its leading act is the kill of the scheduler's whole process group.
SEED = ACTS.index("kill the scheduler's group")


def test_after_the_schedulers_group_is_killed_every_order_ships_once_and_no_hand_is_moved(
    postgres: EmbeddedPostgres,
) -> None:
    row = row_of(draw(SEED, orders=60), postgres)
    assert row.passed, row.line()
