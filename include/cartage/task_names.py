"""The names of tasks: a stage, or a stage at one of a lane's several warehouses."""

from __future__ import annotations

# Between the stage and the warehouse. No warehouse's name has two underscores, and no stage's.
PLACE = "__"
AT_WAREHOUSE = frozenset({"settle_outcomes", "transfer_to_warehouse", "poll_tracking", "poll_stock"})
"""Stages that speak to a warehouse. Of a lane with several, each works for one warehouse at a time."""


def task_name(stage: str, warehouse: str) -> str:
    """Return the name of the task of a stage at this warehouse; the stage's own for a lane's one warehouse."""
    return f"{stage}{PLACE}{warehouse}" if warehouse else stage


def stage_and_warehouse(task: str) -> tuple[str, str]:
    """Return the stage and the warehouse of a task; the warehouse is empty where the task is not of one of several."""
    stage, _, warehouse = task.partition(PLACE)
    return stage, warehouse
