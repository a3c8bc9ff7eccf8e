"""The page of what blocks orders: each cause with its orders, their value and the fix; and checking them all again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from cartage.lanes.account import account_of
from cartage.lanes.settings.mappings import MappingSource
from cartage.operations.repo.jobs import JobKind
from cartage.validation.views import cause_summaries
from cartage.warehouses.repo.offers import offered_ship_methods
from cartage_airflow.desk.access import CanAct, CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.mapping_forms import FIXED_BY, SEPARATOR
from cartage_airflow.desk.rendering import render
from cartage_airflow.desk.start_job import start_job

router = APIRouter()


@router.get("/blocked", response_class=HTMLResponse)
def blocked(request: Request, access: CanSee) -> HTMLResponse:
    """Show the open causes, the one that blocks most orders first."""
    lane = access.lane
    with reading() as connection:
        causes = cause_summaries(connection, lane.name)
        offered = offered_ship_methods(connection, account_of(lane)) or []
    return render(
        request,
        "blocked/template.html",
        access=access,
        causes=causes,
        offered=offered,
        fixed_by=FIXED_BY,
        separator=SEPARATOR,
        in_ledger=lane.mappings is MappingSource.LEDGER,
    )


@router.post("/blocked")
async def check_again(
    request: Request, access: CanAct, cause: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Start the job that validates all blocked orders again; orders whose causes are fixed become ready."""
    return await start_job(request, access, JobKind.RELEASE, {"cause": cause})
