"""The stages of the orders DAG with a check of your own before the transfer.

Here, nothing is sent while the store has more new orders than usual, for example after a mistake in an import or in a
price. The orders stay in the ledger, and a later run sends them. Pause `orders__<lane>` when you use such a DAG.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable, task

from cartage_airflow import (
    BlockedOrdersOperator,
    ImportOrdersOperator,
    MarkProcessingOperator,
    SettleOutcomesOperator,
    ThreeDCartListOrdersOperator,
    TransferToWarehouseOperator,
    ValidateMappingsOperator,
    default_args,
)

LANE = os.environ.get("CARTAGE_EXAMPLES", "demo")
USUAL = 500

with DAG(
    "example_pre_transfer_check",
    description="Orders, with a check of your own before they are sent.",
    # A bare cron string gives empty windows in Airflow 3.
    schedule=CronDataIntervalTimetable("*/15 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(LANE),
    tags={"cartage", "example"},
) as dag:
    imported = ImportOrdersOperator(task_id="import_orders", lane=LANE)
    validated = ValidateMappingsOperator(task_id="validate_mappings", lane=LANE)
    blocked = BlockedOrdersOperator(task_id="blocked_orders", lane=LANE, retries=0)
    settled = SettleOutcomesOperator(task_id="settle_outcomes", lane=LANE)
    counted = ThreeDCartListOrdersOperator(
        task_id="count_new_orders", lane=LANE, status="New", count_only=True
    )
    sent = TransferToWarehouseOperator(task_id="transfer_to_warehouse", lane=LANE)
    marked = MarkProcessingOperator(task_id="mark_processing", lane=LANE)

    @task.short_circuit
    def as_many_as_usual(found: Any) -> bool:
        """Skip the tasks that follow if there are too many new orders."""
        return bool(found["orders"] <= USUAL)

    checked = as_many_as_usual(counted.output)
    imported >> validated >> [settled, blocked]
    settled >> checked >> sent >> marked
