"""Export what shipped, each time that Cartage posted shipments to the store.

The DAG is scheduled on the lane's asset, which `update_order_status` updates only when it changed something.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from airflow.sdk import DAG

from cartage_airflow import ThreeDCartListOrdersOperator, default_args, shipments_posted

LANE = os.environ.get("CARTAGE_EXAMPLES", "demo")
# A folder or a URL such as s3://connection@bucket/exports that all workers reach: an Airflow variable.
FOLDER = "{{ var.value.get('cartage_exports', '/tmp/cartage_exports') }}"
# Since the last export; the first one covers a day.
SINCE = "{{ (prev_start_date_success or dag_run.run_after - macros.timedelta(days=1)).isoformat() }}"

with DAG(
    "example_export_shipped",
    description="A CSV file of the orders that shipped, after each update of the store.",
    schedule=shipments_posted(LANE),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(LANE),
    tags={"cartage", "example"},
) as dag:
    ThreeDCartListOrdersOperator(
        task_id="export",
        lane=LANE,
        status="Shipped",
        updated_from=SINCE,
        output_path=FOLDER + "/shipped_{{ dag_run.run_after.strftime('%Y%m%dT%H%M%S') }}.csv",
        fields=["OrderID", "InvoiceNumber", "LastUpdate", "OrderAmount"],
        # An export must not delay orders.
        background=True,
    )
