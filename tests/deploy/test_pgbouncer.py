"""A sample of `make pgbouncer`, which runs the whole contract suite through a pooler in transaction mode."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cartage_sandbox.stack.servers.pgbouncer import MISSING, pgbouncer_program
from tests.deploy import compose
from tests.pooled_postgres import THROUGH_PGBOUNCER

# What a session could keep, claims, budgets of several processes, the desk's two pools, and a whole lane.
SAMPLE = (
    "tests/contract/db/test_pooler.py",
    "tests/contract/sending/test_transfer_to_warehouse.py",
    "tests/contract/desk/test_queries.py",
    "tests/contract/runtime/test_warehouse_budget.py",
    "tests/contract/whole/test_whole_lane.py::test_every_kind_of_order_reaches_its_expected_state",
)


@pytest.mark.skipif(pgbouncer_program() is None, reason=MISSING)
def test_a_sample_of_the_contract_tests_passes_through_pgbouncer() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n", "0", *SAMPLE],
        env={**os.environ, THROUGH_PGBOUNCER: "1"},
        cwd=compose.ROOT,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
