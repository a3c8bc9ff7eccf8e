"""What a person does to one order: retry, restart, skip. Each is an event with the person's name."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, status
from fastapi.responses import RedirectResponse

from cartage.ledger import by_hand
from cartage.ledger.by_hand import Deed
from cartage_airflow.desk.access import Level, Seat, requires_access_form
from cartage_airflow.desk.ledger import writing

router = APIRouter()


@router.post("/order")
def act(
    seat: Annotated[Seat, Depends(requires_access_form(Level.ACT))],
    id: Annotated[int, Form(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the form
    deed: Annotated[Deed, Form()],
    reason: Annotated[str, Form(max_length=500)] = "",
) -> RedirectResponse:
    """Do it, then show the order again."""
    lane = seat.lane.name
    with writing() as connection:
        if deed is Deed.RETRY:
            by_hand.retry(connection, lane, id, seat.by)
        elif deed is Deed.RESTART:
            by_hand.restart(connection, lane, id, seat.by)
        else:
            by_hand.skip(connection, lane, id, reason.replace("\x00", ""), seat.by)
    # Relative: a proxy may know this page under another path.
    return RedirectResponse(f"order?{urlencode({'lane': lane, 'id': id})}", status.HTTP_303_SEE_OTHER)
