"""Work that a DAG run does for the desk: how far it is, and what came of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from fastapi.responses import HTMLResponse

from cartage.lanes.settings.mappings import MappingSource
from cartage.operations.repo import jobs
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_seat
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages import render

router = APIRouter()


@router.get("/work", response_class=HTMLResponse)
def work(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    id: Annotated[int, Query(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the address
) -> HTMLResponse:
    """One piece of work; the page shows itself anew until it has ended."""
    with reading() as connection:
        found = jobs.get_job(connection, seat.lane.name, id)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such work.")
    in_ledger = seat.lane.mappings is MappingSource.LEDGER
    return render(request, "work.html", seat=seat, work=found, in_ledger=in_ledger)
