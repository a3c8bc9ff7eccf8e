"""Starts a job: records it in the ledger, and starts a run of `desk_jobs` through Airflow's own API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from cartage.operations.repo import jobs
from cartage.operations.repo.jobs import JobKind
from cartage_airflow.desk.access import LaneAccess
from cartage_airflow.desk.airflow_api import Declined, trigger
from cartage_airflow.desk.ledger import writing
from cartage_airflow.desk.rendering import redirect, render_message


async def start_job(
    request: Request,
    access: LaneAccess,
    kind: JobKind,
    wanted: Mapping[str, Any],
    *,
    upload: bytes | int | None = None,
) -> Response:
    """Start the job as the user of `request` and lead to its page; if Airflow refuses, show why.

    `upload` is the file that the job works on: its content, or the `upload_id` of the job for which it was uploaded.
    """
    lane = access.lane.name
    job_id = await run_in_threadpool(_record, access, kind, wanted, upload)
    try:
        await trigger(request, "desk_jobs", {"lane": lane, "job": job_id})
    except Declined as refusal:
        await run_in_threadpool(_fail, job_id, str(refusal))
        title = "The job was not started"
        return render_message(request, title, str(refusal), status=refusal.status, access=access)
    return redirect("job", lane=lane, id=job_id)


def _record(access: LaneAccess, kind: JobKind, wanted: Mapping[str, Any], upload: bytes | int | None) -> int:
    with writing() as connection:
        return jobs.request_job(connection, access.lane.name, kind, access.by.actor, wanted, upload=upload)


def _fail(job_id: int, why: str) -> None:
    with writing() as connection:
        jobs.fail_job(connection, job_id, why)
