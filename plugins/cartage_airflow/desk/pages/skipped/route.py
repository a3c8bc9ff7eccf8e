"""Why orders are skipped: each reason with how many, and the way to the orders themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cartage.model.states import State
from cartage.operations.views.order_list import Filter, how_many, order_page
from cartage.validation.views import skip_reasons
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_seat
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages import render

router = APIRouter()
_PAGE = 50


@router.get("/skipped", response_class=HTMLResponse)
def skipped(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> HTMLResponse:
    """The reasons, and the orders a page at a time."""
    wanted = Filter(seat.lane.name, state=State.SKIPPED)
    with reading() as connection:
        listed = order_page(connection, wanted, before=before, size=_PAGE + 1)
        reasons = skip_reasons(connection, seat.lane.name) if before is None else []
        count = how_many(connection, wanted)
    return render(
        request,
        "skipped.html",
        seat=seat,
        reasons=reasons,
        listed=listed[:_PAGE],
        count=count,
        first=before is None,
        next_before=listed[_PAGE - 1].id if len(listed) > _PAGE else None,
    )
