"""The holds of a lane: why orders wait, who is to look at them, until when; and the buttons that end them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.operations.repo.jobs import JobKind
from cartage.validation.repo import holds
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_form, requires_access_seat
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.pages import render
from cartage_airflow.desk.work_orders import start_work

router = APIRouter()
_PAGE = 100

Operator = Annotated[Seat, Depends(requires_access_form(AccessLevel.ACT))]


@router.get("/held", response_class=HTMLResponse)
def held(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
) -> HTMLResponse:
    """The holds that stand, the oldest first."""
    with reading() as connection:
        found = holds.open_holds(connection, seat.lane.name, after=after, size=_PAGE + 1)
    return render(
        request,
        "held.html",
        seat=seat,
        holds=found[:_PAGE],
        rules=sorted({one.rule for one in found if one.rule}),
        first=after == 0,
        next_after=found[_PAGE - 1].id if len(found) > _PAGE else None,
    )


@router.post("/held")
def release(
    seat: Operator,
    id: Annotated[list[int], Form(max_length=_PAGE)],  # noqa: A002 - the name in the form
) -> RedirectResponse:
    """End the chosen holds; an order without any other is judged by the next run."""
    with writing() as connection:
        holds.release_holds(connection, seat.lane.name, seat.by, ids=id)
    return RedirectResponse(f"held?{urlencode({'lane': seat.lane.name})}", status.HTTP_303_SEE_OTHER)


@router.post("/release_holds")
async def release_many(
    request: Request, seat: Operator, rule: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """End all holds of a rule, or with none named all of the lane, and have their orders judged."""
    return await start_work(request, seat, JobKind.RELEASE_HOLDS, {"rule": rule or None})
