"""What a person does to one order: retry, restart, hold, release, skip. Each is an event with the person's name."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, status
from fastapi.responses import RedirectResponse

from cartage.operations import order_actions as by_hand
from cartage.operations.order_actions import OrderAction
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_form
from cartage_airflow.desk.ledger import writing

router = APIRouter()


@router.post("/order")
def act(
    seat: Annotated[Seat, Depends(requires_access_form(AccessLevel.ACT))],
    id: Annotated[int, Form(ge=1, le=2**63 - 1)],  # noqa: A002 - the name in the form
    action: Annotated[OrderAction, Form()],
    reason: Annotated[str, Form(max_length=500)] = "",
    days: Annotated[int, Form(ge=1, le=365)] = 1,
) -> RedirectResponse:
    """Do it, then show the order again."""
    lane, said = seat.lane.name, reason.replace("\x00", "")
    with writing() as connection:
        match action:
            case OrderAction.RETRY:
                by_hand.retry_order(connection, lane, id, seat.by)
            case OrderAction.RESTART:
                by_hand.restart_order(connection, lane, id, seat.by)
            case OrderAction.RELEASE:
                by_hand.release_order(connection, lane, id, seat.by)
            case OrderAction.HOLD:
                by_hand.hold_order_by_hand(connection, lane, id, said, timedelta(days=days), seat.by)
            case OrderAction.SKIP:
                by_hand.skip_order(connection, lane, id, said, seat.by)
    # Relative: a proxy may know this page under another path.
    return RedirectResponse(f"order?{urlencode({'lane': lane, 'id': id})}", status.HTTP_303_SEE_OTHER)
