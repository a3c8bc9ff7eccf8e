"""The questions about single orders that wait for a person: both versions side by side, and what each answer does."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.changes.views import version_lines
from cartage.inventory.repo import paused_pushes
from cartage.lifecycle import exceptions
from cartage.lifecycle.exceptions import OrderException, decided_exceptions, open_exceptions
from cartage.model.exceptions import MEANINGS, Choice
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_form, requires_access_seat
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.pages import HIDDEN, render

router = APIRouter()
# More than a person answers in a day; the command line lists them all.
_MOST = 100


@router.get("/questions", response_class=HTMLResponse)
def questions(
    request: Request, seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))], decided: int = 0
) -> HTMLResponse:
    """What waits for an answer, the oldest first, and what was answered and is not carried out yet."""
    with reading() as connection:
        waiting = open_exceptions(connection, seat.lane.name)
        under_way = decided_exceptions(connection, seat.lane.name)
        stock_waits = paused_pushes.push_waits(connection, seat.lane.name)
    return render(
        request,
        "questions.html",
        seat=seat,
        waiting=[(one, _versions(one, seat)) for one in waiting[:_MOST]],
        more=max(0, len(waiting) - _MOST),
        under_way=under_way[:_MOST],
        meanings=MEANINGS,
        decided=decided,
        stock_waits=stock_waits,
    )


@router.post("/questions")
def decision(
    seat: Annotated[Seat, Depends(requires_access_form(AccessLevel.ACT))],
    id: Annotated[int, Form(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the form
    choice: Annotated[Choice, Form()],
) -> RedirectResponse:
    """Keep the answer; the next run carries it out."""
    with writing() as connection:
        found = exceptions.get_exception(connection, id)
        if found is None or found.lane != seat.lane.name:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such question.")
        exceptions.decide(connection, id, choice.value, seat.by)
    query = urlencode({"lane": seat.lane.name, "decided": id})
    return RedirectResponse(f"questions?{query}", status.HTTP_303_SEE_OTHER)


def _versions(one: OrderException, seat: Seat) -> list[tuple[str, str, str]]:
    """Both versions, line by line; addresses are for those who may see them."""
    before, after = version_lines(one.before), version_lines(one.after)

    def shown(name: str, value: str) -> Any:
        return value if seat.acts or "ship_to" not in name or not value else HIDDEN

    return [
        (name, shown(name, before.get(name, "")), shown(name, after.get(name, "")))
        for name in dict.fromkeys([*before, *after])
    ]
