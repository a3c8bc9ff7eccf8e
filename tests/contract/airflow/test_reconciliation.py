"""The operator that compares a lane, against the sandboxes: its counts, its log, and what a store that is down does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cartage.errors import CartageError
from cartage_airflow.operators.reconciliation import ReconcileOperator
from tests.contract.airflow.conftest import WriteLane
from tests.contract.reconciliation.reconciled import busy
from tests.contract.world import World


def execute(days: str = "") -> dict[str, int]:
    task = SimpleNamespace(
        dag_id="reconciliation__demo",
        run_id="manual__1",
        task_id="compare",
        try_number=1,
        log_url="http://log",
    )
    context: Any = {"ti": task, "dag_run": SimpleNamespace(run_type="manual")}
    return ReconcileOperator(task_id="compare", lane="demo", background=True, days=days).execute(context)


def test_a_difference_is_logged_and_does_not_fail_the_task(
    world: World, write_lane: WriteLane, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lane(world, reconciliation={"settle": "0s"})
    [order_id, _], _ = busy(world, 2)
    world.shop.store.edit(order_id, OrderStatusID=6)
    counts = execute(days="3")
    assert (counts["store_orders"], counts["differences"], counts["new"]) == (2, 1, 1)
    assert f"{order_id} status: the ledger has Processing" in capsys.readouterr().out
    [run] = world.rows("SELECT run_id, finished_at FROM reconciliation")
    assert run.run_id == "reconciliation__demo/manual__1/compare/1"
    [task] = world.rows("SELECT succeeded_at FROM task_run WHERE task = 'compare'")
    assert task.succeeded_at is not None


def test_a_store_that_is_down_fails_the_task_and_leaves_the_differences_as_they_were(
    world: World, write_lane: WriteLane
) -> None:
    write_lane(world, reconciliation={"settle": "0s"})
    busy(world, 1)
    world.execute(
        "INSERT INTO difference (lane, side, kind, key, order_id, ours, theirs, reconciliation_id)"
        " VALUES ('demo', 'store', 'status', '7', 7, 'a', 'b', 1)"
    )
    world.store_fault("GET .*/Orders.*", "status", nth=0, status=503)
    with pytest.raises(CartageError):
        execute()
    [row] = world.rows("SELECT ended_at FROM difference")
    assert row.ended_at is None
