"""The page of a job that a run of `desk_jobs` does: its progress and its outcome."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import HTMLResponse

from cartage.lanes.settings.mappings import MappingSource
from cartage.operations.repo.jobs import get_job
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.parameters import QueryId
from cartage_airflow.desk.rendering import render

router = APIRouter()


@router.get("/job", response_class=HTMLResponse)
def show_job(
    request: Request,
    access: CanSee,
    id: QueryId,  # noqa: A002 - the name in the address
) -> HTMLResponse:
    """Show a job; the page refreshes itself until the job has ended."""
    with reading() as connection:
        job = get_job(connection, access.lane.name, id)
    if job is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such job.")
    in_ledger = access.lane.mappings is MappingSource.LEDGER
    return render(request, "job/template.html", access=access, job=job, in_ledger=in_ledger)
