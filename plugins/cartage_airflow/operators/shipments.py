"""Operators of the shipments DAG, from the warehouse's packages to Shipped in the store."""

from __future__ import annotations

from cartage_airflow.operators.base import StageOperator


class PollTrackingOperator(StageOperator):
    """Reads what the warehouse shipped since the last poll: packages and their tracking numbers."""

    stage = "poll_tracking"


class UpdateOrderStatusOperator(StageOperator):
    """Tells the store about shipments: tracking, carrier, date, and the status Partial or Shipped."""

    stage = "update_order_status"
