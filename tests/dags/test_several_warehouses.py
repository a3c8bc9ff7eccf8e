"""The DAGs of a lane with several warehouses: a task for each, side by side."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG

from tests.dags.conftest import Bag

TWO = """
  alpha:
    store: {connection: threedcart_alpha, time_zone: America/New_York, go_live: 2026-11-01}
    warehouses:
      east: {connector: extensiv, connection: east, settings: {customer_id: 1, facility_id: 1}}
      west: {connector: shipbob, connection: west, settings: {channel_id: 7}}
    routing: [{name: coast, when: {states: [CA]}, to: west}]
    inventory: {}
"""


@pytest.fixture
def dags(bag: Bag) -> dict[str, DAG]:
    found = bag(TWO)
    assert found.import_errors == {}
    dags: dict[str, DAG] = found.dags
    return dags


def after(dag: DAG) -> dict[str, set[str]]:
    return {task.task_id: set(task.downstream_task_ids) for task in dag.tasks}


def rule_of(dag: DAG, task: str) -> Any:
    return dag.get_task(task).trigger_rule


@pytest.mark.parametrize("family", ["orders", "orders_history"])
def test_each_warehouse_is_sent_its_orders_by_tasks_of_its_own(dags: dict[str, DAG], family: str) -> None:
    dag = dags[f"{family}__alpha"]
    assert after(dag) == {
        "import_orders": {"validate_mappings"},
        "validate_mappings": {"settle_outcomes__east", "settle_outcomes__west", "blocked_orders"},
        "settle_outcomes__east": {"transfer_to_warehouse__east"},
        "settle_outcomes__west": {"transfer_to_warehouse__west"},
        "transfer_to_warehouse__east": {"mark_processing", "every_warehouse"},
        "transfer_to_warehouse__west": {"mark_processing", "every_warehouse"},
        "mark_processing": set(),
        "every_warehouse": set(),
        "blocked_orders": set(),
    }
    transfer: Any = dag.get_task("transfer_to_warehouse__west")
    assert transfer.warehouse == "west"
    assert rule_of(dag, "mark_processing") == "all_done"
    assert rule_of(dag, "transfer_to_warehouse__west") == "none_failed"


@pytest.mark.parametrize(
    ("family", "poll", "update"),
    [
        ("shipments", "poll_tracking", "update_order_status"),
        ("inventory", "poll_stock", "update_stock"),
    ],
)
def test_one_warehouse_that_cannot_be_polled_keeps_the_store_up_to_date_with_the_other(
    dags: dict[str, DAG], family: str, poll: str, update: str
) -> None:
    dag = dags[f"{family}__alpha"]
    both = {update, "every_warehouse"}
    assert after(dag) == {
        f"{poll}__east": both,
        f"{poll}__west": both,
        update: set(),
        "every_warehouse": set(),
    }
    assert rule_of(dag, update) == "all_done"


@pytest.mark.parametrize("family", ["orders", "orders_history", "shipments", "inventory"])
def test_a_run_fails_with_the_task_of_one_warehouse_and_starts_no_process_to_say_so(
    dags: dict[str, DAG], family: str
) -> None:
    last: Any = dags[f"{family}__alpha"].get_task("every_warehouse")
    assert last.trigger_rule == "none_failed"
    # The scheduler ends an empty task by itself, unless somebody waits for its success.
    assert last.inherits_from_empty_operator
    assert not (last.on_execute_callback or last.on_success_callback or last.outlets or last.inlets)


def test_a_dag_names_all_its_warehouses(dags: dict[str, DAG]) -> None:
    assert {"warehouse:extensiv", "warehouse:shipbob"} <= dags["orders__alpha"].tags
    assert "extensiv and shipbob" in (dags["orders__alpha"].description or "")
