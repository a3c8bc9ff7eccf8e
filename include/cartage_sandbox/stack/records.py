"""The responses of Airflow's REST API as types: runs, task instances, health and log lines.

Only the fields that a test or the demo needs are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

# Shown first, or the same in every line of a task's log.
_LOG_NOISE = frozenset(
    {
        "event",
        "timestamp",
        "dag_id",
        "run_id",
        "task_id",
        "ti_id",
        "map_index",
        "try_number",
        "filename",
        "lineno",
    }
)


@dataclass(frozen=True)
class Run:
    """A DAG run. Times are UTC, and None if Airflow has none."""

    dag_id: str
    run_id: str
    run_type: str
    state: str
    logical_date: datetime | None
    window_start: datetime | None
    window_end: datetime | None
    started: datetime | None
    ended: datetime | None

    @classmethod
    def parse(cls, wire: Mapping[str, Any]) -> Self:
        """Read an item of `GET /dags/{dag_id}/dagRuns`."""
        return cls(
            dag_id=wire["dag_id"],
            run_id=wire["dag_run_id"],
            run_type=wire["run_type"],
            state=wire["state"],
            logical_date=instant(wire["logical_date"]),
            window_start=instant(wire["data_interval_start"]),
            window_end=instant(wire["data_interval_end"]),
            started=instant(wire["start_date"]),
            ended=instant(wire["end_date"]),
        )


@dataclass(frozen=True)
class TaskInstance:
    """A task of a run: its state (None before it is scheduled), its try, and its seconds once it has ended."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    started: datetime | None
    ended: datetime | None
    seconds: float | None

    @classmethod
    def parse(cls, wire: Mapping[str, Any]) -> Self:
        """Read an item of `GET .../taskInstances`."""
        return cls(
            task_id=wire["task_id"],
            map_index=wire["map_index"],
            state=wire["state"],
            try_number=wire["try_number"],
            started=instant(wire["start_date"]),
            ended=instant(wire["end_date"]),
            seconds=wire["duration"],
        )


@dataclass(frozen=True)
class Health:
    """A component as the API server sees it: `healthy`, `unhealthy` or None (never seen), and its last heartbeat."""

    status: str | None
    heartbeat: datetime | None


def instant(text: str | None) -> datetime | None:
    """Return a time from its ISO text, None from None."""
    return datetime.fromisoformat(text) if text else None


def log_line(record: str | Mapping[str, Any]) -> str:
    """Return a record of a task's log as a line: its time, its event, and its special fields."""
    if isinstance(record, str):
        return record
    rest = {name: value for name, value in record.items() if name not in _LOG_NOISE}
    return f"{record.get('timestamp') or ''} {record.get('event', '')} {rest or ''}".strip()
