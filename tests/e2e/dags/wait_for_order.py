"""A DAG of the tests: wait in the triggerer until an order has shipped in the store."""

from __future__ import annotations

from airflow.sdk import DAG, Param

from cartage_airflow import OrderStatusSensor, default_args

with DAG(
    "wait_for_order",
    schedule=None,
    params={"order_id": Param(None, type=["null", "integer"])},
    default_args=default_args("examples"),
) as dag:
    OrderStatusSensor(
        task_id="wait",
        lane="examples",
        order_id="{{ params.order_id }}",
        status="Shipped",
        deferrable=True,
        poke_interval=1,
        timeout=300,
        execution_timeout=None,
    )
