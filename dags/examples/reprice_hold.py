"""Put new orders on hold in the store every night while prices change, and release them afterwards.

An order that was not sent follows the store: Cartage withdraws it while it is on hold, and imports it again when it is
New. Orders that a person moved in the meantime are left as they are.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, task

from cartage_airflow import ThreeDCartListOrdersOperator, ThreeDCartSetOrderStatusOperator, default_args

LANE = os.environ.get("CARTAGE_EXAMPLES", "demo")
# A folder or a URL that all workers reach: an Airflow variable.
FOLDER = "{{ var.value.get('cartage_exports', '/tmp/cartage_exports') }}"
HELD = FOLDER + "/held_{{ dag_run.run_after.strftime('%Y%m%dT%H%M%S') }}.csv"

with DAG(
    "example_reprice_hold",
    description="New orders wait while prices change.",
    schedule=CronTriggerTimetable("30 2 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(LANE),
    tags={"cartage", "example"},
) as dag:
    listed = ThreeDCartListOrdersOperator(
        task_id="list_new_orders", lane=LANE, status="New", output_path=HELD, fields=["OrderID"]
    )
    held = ThreeDCartSetOrderStatusOperator(
        task_id="hold", lane=LANE, orders_path=HELD, status="Hold", expected="New"
    )

    @task
    def change_prices() -> None:
        """Put your own work here."""

    # The orders are released whatever became of the new prices.
    released = ThreeDCartSetOrderStatusOperator(
        task_id="release",
        lane=LANE,
        orders_path=HELD,
        status="New",
        expected="Hold",
        trigger_rule="all_done",
    )
    # The last tasks decide whether a run failed: this one fails with the new prices, `release` does not.
    done = EmptyOperator(task_id="done")
    listed >> held >> change_prices() >> [released, done]
