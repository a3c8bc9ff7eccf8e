"""Hands work to the lane's DAG `desk_jobs__<lane>`: written down in the ledger, started through Airflow's own API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from cartage.operations.repo import jobs
from cartage.operations.repo.jobs import JobKind
from cartage_airflow.desk.access import Seat
from cartage_airflow.desk.inside import Declined, trigger
from cartage_airflow.desk.ledger import writing
from cartage_airflow.desk.pages import render


async def start_work(request: Request, seat: Seat, kind: JobKind, wanted: Mapping[str, Any]) -> Response:
    """Start the work as the user of `request`, and lead to its page; or say why Airflow did not start it."""
    job_id = await run_in_threadpool(_ask, seat, kind, wanted)
    try:
        await trigger(request, f"desk_jobs__{seat.lane.name}", {"job": job_id})
    except Declined as refusal:
        await run_in_threadpool(_give_up, job_id, str(refusal))
        title = "The work was not started"
        return render(
            request, "message.html", status=refusal.status, seat=seat, title=title, text=str(refusal)
        )
    query = urlencode({"lane": seat.lane.name, "id": job_id})
    # Relative: a proxy may know this page under another path.
    return RedirectResponse(f"work?{query}", status.HTTP_303_SEE_OTHER)


def _ask(seat: Seat, kind: JobKind, wanted: Mapping[str, Any]) -> int:
    with writing() as connection:
        return jobs.request_job(connection, seat.lane.name, kind, seat.by.actor, wanted)


def _give_up(job_id: int, why: str) -> None:
    with writing() as connection:
        jobs.fail_job(connection, job_id, why)
