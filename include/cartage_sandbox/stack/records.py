"""What Airflow's REST API answers, read into types: runs, task instances, health and log lines.

Only the fields that a test or a demo asks for are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

# Shown first, or the same in every line of one task's log.
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
    """A DAG run; times are UTC, None where Airflow has none."""

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
        """From an item of `GET /dags/{dag_id}/dagRuns`."""
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
    """A task of a run: its state (None before it is scheduled), its try, its seconds once it has ended."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    started: datetime | None
    ended: datetime | None
    seconds: float | None

    @classmethod
    def parse(cls, wire: Mapping[str, Any]) -> Self:
        """From an item of `GET .../taskInstances`."""
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
    """A component as the API server sees it: `healthy`, `unhealthy` or None (never seen); its last sign."""

    status: str | None
    heartbeat: datetime | None


def instant(text: str | None) -> datetime | None:
    """A point in time from its ISO text, None from None."""
    return datetime.fromisoformat(text) if text else None


def log_line(record: str | Mapping[str, Any]) -> str:
    """A record of a task's log as one line: its time, its event, and what is special about it."""
    if isinstance(record, str):
        return record
    rest = {name: value for name, value in record.items() if name not in _LOG_NOISE}
    return f"{record.get('timestamp') or ''} {record.get('event', '')} {rest or ''}".strip()
