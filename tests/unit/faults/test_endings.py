"""A trial on Celery is compared with the same seed on LocalExecutor, order by order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.faults.real_airflow.ending import Endings, differences
from tests.faults.real_airflow.schedule import ACTS, KILL_A_WORKER, Executor, draw


def order(**changes: Any) -> dict[str, Any]:
    return {"state": "shipped", "created at the warehouse": 1, **changes}


def test_equal_endings_have_no_differences() -> None:
    assert list(differences({"order 1": order()}, {"order 1": order()})) == []


def test_an_order_that_ended_otherwise_is_named_with_both_values() -> None:
    found = list(differences({"order 1": order(state="conflict")}, {"order 1": order()}))
    assert found == ["order 1: state is 'conflict', with LocalExecutor 'shipped'"]


def test_an_order_that_is_missing_on_either_side_is_named() -> None:
    assert list(differences({}, {"order 1": {"state": "shipped"}})) == [
        "order 1: state is None, with LocalExecutor 'shipped'"
    ]
    assert list(differences({"order 1": {"state": "shipped"}}, {})) == [
        "order 1: state is 'shipped', with LocalExecutor None"
    ]


def test_an_ending_is_kept_for_its_seed_and_number_of_orders(tmp_path: Path) -> None:
    endings = Endings(tmp_path / "endings")
    local, celery = (draw(7, orders=100, executor=executor) for executor in Executor)
    assert endings.read(celery) is None
    endings.keep(local, {"order 1": order()})
    assert endings.read(celery) == {"order 1": order()}
    assert endings.read(draw(7, orders=200)) is None
    assert endings.read(draw(8, orders=100)) is None


def test_both_executors_meet_the_same_strikes_and_celery_loses_a_worker_besides() -> None:
    for seed in range(3 * len(ACTS)):
        local, celery = (draw(seed, executor=executor) for executor in Executor)
        assert celery.strikes[:-1] == local.strikes
        assert celery.strikes[-1].act == KILL_A_WORKER
        assert (celery.orders, celery.late_orders) == (local.orders, local.late_orders)
