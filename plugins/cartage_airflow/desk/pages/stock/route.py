"""The push of stock that the breaker stopped: why, what it would change, and what a person may answer."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.inventory.breaker import why_paused
from cartage.inventory.repo import paused_pushes
from cartage.inventory.repo.paused_pushes import SeenPush
from cartage.inventory.repo.pushes import last_pushes
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_form, requires_access_seat
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.pages import render

router = APIRouter()
_PAGE = 100
_HISTORY = 20


@router.get("/stock", response_class=HTMLResponse)
def stock(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> HTMLResponse:
    """The push that is stopped, the biggest swings first, what became of those before it, and the last pushes."""
    name = seat.lane.name
    with reading() as connection:
        stop = paused_pushes.paused_push_of(connection, name)
        history = paused_pushes.paused_push_history(connection, name, _HISTORY)
        pushes = last_pushes(connection, name)
    suspects = stop.biggest_first if stop else []
    return render(
        request,
        "stock.html",
        seat=seat,
        stop=stop,
        why=why_paused(stop) if stop else "",
        suspects=suspects[after : after + _PAGE],
        after=after,
        next_after=after + _PAGE if len(suspects) > after + _PAGE else None,
        history=history,
        pushes=pushes,
    )


@router.post("/stock")
def decision(
    seat: Annotated[Seat, Depends(requires_access_form(AccessLevel.ACT))],
    id: Annotated[int, Form(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the form
    revision: Annotated[int, Form(ge=1, le=2**31 - 1)],
    choice: Annotated[Literal["approve", "refuse"], Form()],
    before: Annotated[Literal["", "approve", "refuse"], Form()] = "",
) -> RedirectResponse:
    """Keep the answer to what the page showed; the next run of the inventory DAG acts on it."""
    with writing() as connection:
        paused_pushes.decide_push(
            connection, seat.lane.name, choice, seat.by, seen=SeenPush(id, revision, before or None)
        )
    query = urlencode({"lane": seat.lane.name})
    return RedirectResponse(f"stock?{query}", status.HTTP_303_SEE_OTHER)
