"""Jobs that a person requests at the desk and a run of `desk_jobs` does: requested, started, finished.

The desk's pages only record what is wanted. What takes longer than a page may take is a job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, null, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from cartage.db.schema import desk_job, desk_upload
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
    PREVIEW_ROUTING = "preview_routing"
    FIX_DIFFERENCE = "fix_difference"
    CHOOSE_ROUTING = "choose_routing"


@dataclass(frozen=True, slots=True)
class Job:
    """A job; `outcome` and `failure` are empty until it has finished. `upload_id` names the file that it works on."""

    id: int
    lane: str
    kind: JobKind
    requested_by: str
    requested_at: datetime
    input: Mapping[str, Any]
    upload_id: int | None
    started_at: datetime | None
    done: int
    total: int | None
    finished_at: datetime | None
    outcome: Mapping[str, Any]
    failure: str


def request_job(
    connection: Connection,
    lane: str,
    kind: JobKind,
    person: str,
    wanted: Mapping[str, Any],
    *,
    upload: bytes | int | None = None,
) -> int:
    """Record what a person wants, and the file that it is about: its content, or an earlier job's `upload_id`.

    Return the job's id.
    """
    upload_id = _keep_upload(connection, lane, upload) if isinstance(upload, bytes) else upload
    values = {
        "lane": lane,
        "kind": kind.value,
        "requested_by": person,
        "input": dict(wanted),
        "upload_id": upload_id,
    }
    return int(connection.execute(insert(desk_job).values(values).returning(desk_job.c.id)).scalar_one())


def _keep_upload(connection: Connection, lane: str, content: bytes) -> int:
    """Keep a file once, however often it is uploaded; return its id."""
    file = upsert(desk_upload).values(lane=lane, sha256=hashlib.sha256(content).hexdigest(), content=content)
    kept = file.on_conflict_do_update(index_elements=["lane", "sha256"], set_={"uploaded_at": _NOW})
    return int(connection.execute(kept.returning(desk_upload.c.id)).scalar_one())


def uploaded_file(connection: Connection, upload_id: int) -> bytes:
    """Return the content of an uploaded file. It stays as long as a job works on it."""
    query = select(desk_upload.c.content).where(desk_upload.c.id == upload_id)
    return bytes(connection.execute(query).scalar_one())


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
