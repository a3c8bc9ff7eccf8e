"""The baseline DAG: a mapped task for each order and stage, as it is often written.

It does the same job when nothing goes wrong. It is not part of Cartage, and not an example to follow.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False)
def one_task_per_order() -> None:
    @task
    def import_orders() -> list[dict[str, Any]]:
        from benchmarks.baseline import plain_calls

        return plain_calls.list_orders()

    @task
    def list_skus() -> list[str]:
        from benchmarks.baseline import plain_calls

        return plain_calls.list_skus()

    @task
    def validate(order: dict[str, Any], skus: list[str]) -> dict[str, Any]:
        from benchmarks.baseline import plain_calls

        return plain_calls.validate(order, skus)

    @task
    def transfer(checked: dict[str, Any]) -> int:
        from benchmarks.baseline import plain_calls

        return plain_calls.transfer(checked)

    @task
    def acknowledge(order_id: int) -> None:
        from benchmarks.baseline import plain_calls

        plain_calls.acknowledge(order_id)

    checked = validate.partial(skus=list_skus()).expand(order=import_orders())
    sent = transfer.expand(checked=checked)
    acknowledge.expand(order_id=sent)


one_task_per_order()
