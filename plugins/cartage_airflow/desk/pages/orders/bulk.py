"""Order actions on many orders: first the page that says what the action would do to each, then the action itself."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cartage.lanes.settings.lane import Lane
from cartage.model.orders import RoutingChoice
from cartage.operations.bulk_actions import (
    MOST_AT_ONCE,
    NEEDS_REASON,
    BulkAction,
    act_on_orders,
    preview_action,
)
from cartage.operations.bulk_results import BulkResult
from cartage.operations.views.order_list import ListedOrder, order_ids, orders_by_id
from cartage.routing.views.chosen import places_by_choice
from cartage_airflow.desk.access import CanActOnLanes
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.pages.orders.wanted import Wanted
from cartage_airflow.desk.parameters import FormText, storable
from cartage_airflow.desk.rendering import render

log = logging.getLogger(__name__)
router = APIRouter()
# Each batch is a transaction of its own, so that no run waits long for one of its orders.
_BATCH = 200
# The preview lists so many orders one by one.
_LISTED = 100
_IDS = Annotated[str, Form(max_length=20 * MOST_AT_ONCE, pattern=r"^[0-9,]*$")]


@router.post("/bulk_preview", response_class=HTMLResponse)
def preview_bulk(
    request: Request,
    access: CanActOnLanes,
    wanted: Wanted,
    action: Annotated[BulkAction, Form()],
    which: Annotated[Literal["chosen", "all"], Form()] = "chosen",
    order: Annotated[list[int] | None, Form(max_length=MOST_AT_ONCE)] = None,
) -> HTMLResponse:
    """Show what an action would do to the chosen orders, or to all that the address of the form matches."""
    with reading() as connection:
        ids = order_ids(connection, wanted, most=MOST_AT_ONCE + 1) if which == "all" else tuple(order or ())
        more, ids = len(ids) > MOST_AT_ONCE, ids[:MOST_AT_ONCE]
        lanes = [lane for lane in access.lanes if lane.name in access.acting]
        result = preview_action(connection, lanes, ids, action)
        listed = orders_by_id(connection, ids[:_LISTED], access.names)
        moved = set(result.moved)
        chosen = [order for order in listed if order.id in moved]
        places = {} if action.choice is None else _places(connection, lanes, chosen, action.choice)
    return render(
        request,
        "orders/bulk.html",
        access=access,
        lanes=access,
        action=action,
        result=result,
        listed=listed,
        moved=moved,
        places=places,
        ids=",".join(str(order_id) for order_id in result.moved),
        asked=len(ids),
        more=more,
        needs_reason=action in NEEDS_REASON,
        query=request.url.query,
        done=False,
        busy=0,
    )


@router.post("/bulk", response_class=HTMLResponse)
def act_on_many(
    request: Request,
    access: CanActOnLanes,
    action: Annotated[BulkAction, Form()],
    ids: _IDS,
    reason: FormText = "",
    days: Annotated[int, Form(ge=1, le=365)] = 1,
) -> HTMLResponse:
    """Carry out the action on the orders of a preview, and say what became of them.

    An order that changed since the preview is judged as it is now.
    """
    chosen = [int(number) for number in ids.split(",") if 0 < len(number) < 19][:MOST_AT_ONCE]
    if action in NEEDS_REASON and not reason.strip():
        raise HTTPException(
            status.HTTP_422_UNPROCESSABLE_CONTENT, "This action needs a reason. Write it down."
        )
    result, busy = BulkResult(), 0
    for lane, batch in _batches(access, chosen):
        try:
            with writing() as connection:
                result += act_on_orders(
                    connection,
                    lane,
                    batch,
                    action,
                    access.by,
                    reason=storable(reason),
                    lasting=timedelta(days=days),
                )
        except SQLAlchemyError as failure:
            # A run has one of them; the others of the batch are left with it, and can be tried again.
            log.warning(
                "lane %s: %s of %d orders failed: %s", lane.name, action, len(batch), type(failure).__name__
            )
            busy += len(batch)
    return render(
        request,
        "orders/bulk.html",
        access=access,
        lanes=access,
        action=action,
        result=result,
        asked=len(chosen),
        query=request.url.query,
        done=True,
        busy=busy,
    )


def _places(
    connection: Connection, lanes: Sequence[Lane], orders: Sequence[ListedOrder], choice: RoutingChoice
) -> dict[int, str]:
    """Return where the orders would go by the choice, by id; those that rules do not decide now are left out."""
    by_lane: defaultdict[str, list[int]] = defaultdict(list)
    for order in orders:
        by_lane[order.lane].append(order.id)
    found: dict[int, str] = {}
    for lane in lanes:
        if ids := by_lane.get(lane.name):
            found |= places_by_choice(connection, lane, ids, choice)
    return found


def _batches(access: CanActOnLanes, ids: Sequence[int]) -> Iterator[tuple[Lane, list[int]]]:
    """Yield the orders by lane, some hundred at a time; those of lanes on which the user may not act are left out."""
    by_lane: defaultdict[str, list[int]] = defaultdict(list)
    with reading() as connection:
        for order in orders_by_id(connection, ids, sorted(access.acting)):
            by_lane[order.lane].append(order.id)
    for lane in access.lanes:
        of_lane = by_lane.get(lane.name, [])
        for start in range(0, len(of_lane), _BATCH):
            yield lane, of_lane[start : start + _BATCH]
