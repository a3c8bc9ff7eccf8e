"""The page of one order, and the operator actions on it: retry, restart, hold, release, skip.

Each action is an event with the person's name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.operations import order_actions
from cartage.operations.order_actions import MEANINGS, OrderAction
from cartage.operations.views.order_file import EVENTS, order_file
from cartage_airflow.desk.access import CanAct, CanSee
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.pages.order.tracking_links import tracking_link
from cartage_airflow.desk.parameters import FormId, FormText, PageId, QueryId, storable
from cartage_airflow.desk.rendering import redirect, render

router = APIRouter()


@router.get("/order", response_class=HTMLResponse)
def order(
    request: Request,
    access: CanSee,
    id: QueryId,  # noqa: A002 - the name in the address
    before: PageId = None,
) -> HTMLResponse:
    """Show an order; `before` pages its timeline."""
    with reading() as connection:
        file = order_file(connection, access.lane.name, id, before=before)
    if file is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such order.")
    return render(
        request,
        "order/template.html",
        access=access,
        file=file,
        order=file.order,
        actions={action: MEANINGS[action] for action in file.standing.allows()} if access.may_act else {},
        earlier=file.events[-1].id if len(file.events) == EVENTS else None,
        first=before is None,
        tracking_link=tracking_link,
    )


@router.post("/order")
def act(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    action: Annotated[OrderAction, Form()],
    reason: FormText = "",
    days: Annotated[int, Form(ge=1, le=365)] = 1,
) -> RedirectResponse:
    """Carry out an operator action, then show the order again."""
    lane, by, why = access.lane.name, access.by, storable(reason)
    with writing() as connection:
        match action:
            case OrderAction.RETRY:
                order_actions.retry_order(connection, lane, id, by)
            case OrderAction.RESTART:
                order_actions.restart_order(connection, lane, id, by)
            case OrderAction.RELEASE:
                order_actions.release_order(connection, lane, id, by)
            case OrderAction.HOLD:
                order_actions.hold_order_by_hand(connection, lane, id, why, timedelta(days=days), by)
            case OrderAction.SKIP:
                order_actions.skip_order(connection, lane, id, why, by)
    return redirect("order", lane=lane, id=id)
