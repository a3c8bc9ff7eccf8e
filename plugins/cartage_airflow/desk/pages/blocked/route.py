"""What blocks orders, by cause: how many, what they are worth, the mend; and the button that judges them all anew."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from cartage.lanes.account import account_of
from cartage.lanes.settings.mappings import MappingSource
from cartage.operations.repo.jobs import JobKind
from cartage.validation.repo.suggestions import offered_ship_methods
from cartage.validation.views import cause_summaries
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_form, requires_access_seat
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.mapping_forms import FIXED_BY, SEPARATOR
from cartage_airflow.desk.pages import render
from cartage_airflow.desk.work_orders import start_work

router = APIRouter()


@router.get("/blocked", response_class=HTMLResponse)
def blocked(
    request: Request, seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))]
) -> HTMLResponse:
    """The open causes, the one that blocks most first, each with what may mend it."""
    with reading() as connection:
        found = cause_summaries(connection, seat.lane.name)
        offer = offered_ship_methods(connection, account_of(seat.lane)) or []
    return render(
        request,
        "blocked.html",
        seat=seat,
        stops=found,
        offer=offer,
        fixed_by=FIXED_BY,
        separator=SEPARATOR,
        in_ledger=seat.lane.mappings is MappingSource.LEDGER,
    )


@router.post("/blocked")
async def release(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_form(AccessLevel.ACT))],
    cause: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Have every blocked order judged now: those whose causes are mended become ready."""
    return await start_work(request, seat, JobKind.RELEASE, {"cause": cause})
