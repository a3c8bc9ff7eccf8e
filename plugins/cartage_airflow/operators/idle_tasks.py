"""Which later tasks of a run are skipped because they have nothing to do.

Airflow sets them to `skipped` (pink) when the task before them says so; no process starts for them. Nothing is left
behind that would skip them again: a task that a person clears runs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Protocol

from cartage.task_names import task_name


class LaterTask(Protocol):
    """A task after the one that decides."""

    @property
    def task_id(self) -> str:
        """Its id in the DAG."""
        ...

    @property
    def upstream_task_ids(self) -> Collection[str]:
        """The tasks directly before it."""
        ...


def stages_of(later: Collection[LaterTask], lane: str) -> dict[str, str]:
    """Return the stage of each of these tasks that runs a stage of this lane, by task id.

    One that works for a single warehouse of several has its name with it.
    """
    return {
        task.task_id: task_name(stage, getattr(task, "warehouse", ""))
        for task in later
        if (stage := getattr(task, "stage", "")) and getattr(task, "lane", None) == lane
    }


def tasks_beside(later: Collection[LaterTask], before: Collection[str]) -> set[str]:
    """Return the tasks that lead to one of these and do not wait for the one that decides: those of other warehouses.

    `before` are the ids of the task that decides and of those before it.
    """
    leading = {task_id for task in later for task_id in task.upstream_task_ids}
    return leading - {task.task_id for task in later} - set(before)


def tasks_to_skip(
    later: Collection[LaterTask],
    stages: Mapping[str, str],
    idle: Collection[str],
    unfinished: Collection[str] = (),
) -> list[str]:
    """Return the tasks to skip: their stages are `idle`, and so are those of all tasks between.

    What a task does may be work for those after it, so they run with it, and keep their trigger rules. The same holds
    for the `unfinished` tasks of other warehouses: the last of them decides.
    """
    by_id = {task.task_id: task for task in later}

    @cache
    def is_busy(task_id: str) -> bool:
        if stages.get(task_id) not in idle:
            return True
        before = by_id[task_id].upstream_task_ids
        return any(task in unfinished or (task in by_id and is_busy(task)) for task in before)

    return [task_id for task_id in by_id if not is_busy(task_id)]
