"""The page of a lane's holds: why orders wait, who should look at them, until when; and the forms that end holds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.operations.repo.jobs import JobKind
from cartage.validation.repo.holds import release_holds
from cartage.validation.views import open_holds
from cartage_airflow.desk.access import CanAct, CanSee
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.parameters import PageId
from cartage_airflow.desk.rendering import redirect, render
from cartage_airflow.desk.start_job import start_job

router = APIRouter()
_PAGE = 100


@router.get("/held", response_class=HTMLResponse)
def held(request: Request, access: CanSee, after: PageId = None) -> HTMLResponse:
    """Show the open holds, oldest first."""
    with reading() as connection:
        found = open_holds(connection, access.lane.name, after=after or 0, size=_PAGE + 1)
    return render(
        request,
        "held/template.html",
        access=access,
        holds=found[:_PAGE],
        rules=sorted({hold.rule for hold in found if hold.rule}),
        first=after is None,
        next_after=found[_PAGE - 1].id if len(found) > _PAGE else None,
    )


@router.post("/held")
def release_chosen(
    access: CanAct,
    id: Annotated[list[int], Form(max_length=_PAGE)],  # noqa: A002 - the name in the form
) -> RedirectResponse:
    """End the chosen holds; the next run validates the orders that have no other."""
    with writing() as connection:
        release_holds(connection, access.lane.name, access.by, ids=id)
    return redirect("held", lane=access.lane.name)


@router.post("/release_holds")
async def release_all(
    request: Request, access: CanAct, rule: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Start the job that ends all holds of a rule, or of the lane, and validates their orders."""
    return await start_job(request, access, JobKind.RELEASE_HOLDS, {"rule": rule or None})
