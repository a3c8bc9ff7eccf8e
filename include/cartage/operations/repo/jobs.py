"""Jobs that a person requests at the desk and a run of `desk_jobs__<lane>` does: requested, started, finished.

The desk's pages only record what is wanted. What takes longer than a page may take is a job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, null, select, update

from cartage.db.schema import desk_job
from cartage.errors import LedgerError

_NOW = func.clock_timestamp()
_UNFINISHED = desk_job.c.finished_at.is_(None)


class JobKind(StrEnum):
    """What can be requested."""

    RELEASE = "release"
    RELEASE_HOLDS = "release_holds"
    TRY_MAPPINGS = "try_mappings"
    SAVE_MAPPINGS = "save_mappings"
    BACKTEST = "backtest"
    PREVIEW_RULE = "preview_rule"


@dataclass(frozen=True, slots=True)
class Job:
    """A job; `outcome` and `failure` are empty until it has finished."""

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


def request_job(
    connection: Connection, lane: str, kind: JobKind, person: str, wanted: Mapping[str, Any]
) -> int:
    """Record what a person wants; return the job's id."""
    values = {"lane": lane, "kind": kind.value, "requested_by": person, "input": dict(wanted)}
    return int(connection.execute(insert(desk_job).values(values).returning(desk_job.c.id)).scalar_one())


def get_job(connection: Connection, lane: str, job_id: int) -> Job | None:
    """Return a job of a lane; None if the lane has none with that id."""
    query = select(desk_job).where(desk_job.c.id == job_id, desk_job.c.lane == lane)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return Job(**{**row, "kind": JobKind(row["kind"]), "outcome": row["outcome"] or {}})


def begin_job(connection: Connection, lane: str, job_id: int) -> Job | None:
    """Start a job, or start it again after its run died; None if it has finished already.

    Raises:
        LedgerError: if the lane has no such job.
    """
    statement = update(desk_job).where(desk_job.c.id == job_id, desk_job.c.lane == lane, _UNFINISHED)
    started = connection.execute(statement.values(started_at=_NOW, done=0)).rowcount
    found = get_job(connection, lane, job_id)
    if found is None:
        raise LedgerError(f"lane {lane!r} has no job {job_id}: the desk records it before it starts a run.")
    return found if started else None


def note_progress(connection: Connection, job_id: int, done: int, total: int | None) -> None:
    """Record how much is done, and of how much."""
    statement = update(desk_job).where(desk_job.c.id == job_id, _UNFINISHED)
    connection.execute(statement.values(done=done, total=total))


def finish_job(connection: Connection, job_id: int, outcome: Mapping[str, Any]) -> None:
    """Finish a job with its result."""
    statement = update(desk_job).where(desk_job.c.id == job_id, _UNFINISHED)
    connection.execute(statement.values(finished_at=_NOW, outcome=dict(outcome), failure=""))


def fail_job(connection: Connection, job_id: int, failure: str) -> None:
    """Finish a job that failed, with the reason."""
    statement = update(desk_job).where(desk_job.c.id == job_id, _UNFINISHED)
    connection.execute(statement.values(finished_at=_NOW, outcome=null(), failure=failure))
