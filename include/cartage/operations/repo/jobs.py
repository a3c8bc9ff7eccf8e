"""The jobs that people start at the desk: requested, started, finished.

A page of the desk only records a job; a run of `desk_jobs__<lane>` does it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from cartage.errors import LedgerError


class JobKind(StrEnum):
    """What can be asked for."""

    RELEASE = "release"
    RELEASE_HOLDS = "release_holds"
    TRY_MAPPINGS = "try_mappings"
    SAVE_MAPPINGS = "save_mappings"
    BACKTEST = "backtest"
    PREVIEW_RULE = "preview_rule"


@dataclass(frozen=True, slots=True)
class Job:
    """One job; `outcome` and `failure` are empty until it has ended."""

    id: int
    lane: str
    kind: JobKind
    requested_by: str
    requested_at: datetime
    input: Mapping[str, Any]
    started_at: datetime | None
    done: int
    total: int | None
    finished_at: datetime | None
    outcome: Mapping[str, Any]
    failure: str


_ASK = text(
    """
    INSERT INTO desk_job (lane, kind, requested_by, input) VALUES (:lane, :kind, :requested_by, CAST(:input AS jsonb))
    RETURNING id
    """
)

_GET = text(
    """
    SELECT id, lane, kind, requested_by, requested_at, input, started_at, done, total, finished_at,
           coalesce(outcome, '{}') AS outcome, failure
    FROM desk_job WHERE id = :id AND lane = :lane
    """
)

_TAKE_ON = text(
    """
    UPDATE desk_job SET started_at = clock_timestamp(), done = 0
    WHERE id = :id AND lane = :lane AND finished_at IS NULL
    """
)

_GOES_ON = text("UPDATE desk_job SET done = :done, total = :total WHERE id = :id AND finished_at IS NULL")

_END = text(
    """
    UPDATE desk_job SET finished_at = clock_timestamp(), outcome = CAST(:outcome AS jsonb), failure = :failure
    WHERE id = :id AND finished_at IS NULL
    """
)


def request_job(
    connection: Connection, lane: str, kind: JobKind, person: str, wanted: Mapping[str, Any]
) -> int:
    """Write down what a person wants; returns the number of the job."""
    query = {"lane": lane, "kind": kind.value, "requested_by": person, "input": json.dumps(wanted)}
    return int(connection.execute(_ASK, query).scalar_one())


def get_job(connection: Connection, lane: str, job_id: int) -> Job | None:
    """Return a job of a lane; None if the lane has no job of that number."""
    row = connection.execute(_GET, {"id": job_id, "lane": lane}).mappings().one_or_none()
    return Job(**(dict(row) | {"kind": JobKind(row["kind"])})) if row else None


def start_job(connection: Connection, lane: str, job_id: int) -> Job | None:
    """Begin with it, or begin anew after a run that died; None if it has ended already.

    Raises:
        LedgerError: if the lane has no such job.
    """
    begun = connection.execute(_TAKE_ON, {"id": job_id, "lane": lane}).rowcount
    found = get_job(connection, lane, job_id)
    if found is None:
        raise LedgerError(
            f"lane {lane!r} has no job {job_id}: the desk records a job before it starts a run."
        )
    return found if begun else None


def note_progress(connection: Connection, job_id: int, done: int, total: int | None) -> None:
    """Say how much is done, of how much."""
    connection.execute(_GOES_ON, {"id": job_id, "done": done, "total": total})


def finish_job(connection: Connection, job_id: int, outcome: Mapping[str, Any]) -> None:
    """It is done, and this came of it."""
    connection.execute(_END, {"id": job_id, "outcome": json.dumps(outcome), "failure": ""})


def fail_job(connection: Connection, job_id: int, failure: str) -> None:
    """It came to nothing, for this reason."""
    connection.execute(_END, {"id": job_id, "outcome": None, "failure": failure})
