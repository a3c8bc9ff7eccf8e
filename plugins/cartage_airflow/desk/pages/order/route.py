"""One order: what it is, where it stands, what became of it; and, for administrators, what exactly was said."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from fastapi.responses import HTMLResponse

from cartage.connections import require
from cartage.errors import CartageError
from cartage.model.documents import request_from
from cartage.operations.order_actions import MEANINGS
from cartage.operations.views.order_file import EVENTS, OrderFile, order_file, payloads
from cartage.warehouses.registry import open_warehouse
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_seat
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages import render
from cartage_airflow.resolver import AirflowResolver

router = APIRouter()

Id = Annotated[int, Query(ge=1, le=2**63 - 1)]


@router.get("/order", response_class=HTMLResponse)
def order(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    id: Id,  # noqa: A002 - the name in the address
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> HTMLResponse:
    """The file of an order; its timeline goes on before an event."""
    with reading() as connection:
        found = order_file(connection, seat.lane.name, id, before=before)
    file = _known(found)
    return render(
        request,
        "order.html",
        seat=seat,
        file=file,
        order=file.order,
        actions={action: MEANINGS[action] for action in file.standing.allows()} if seat.acts else {},
        earlier=file.events[-1].id if len(file.events) == EVENTS else None,
        first=before is None,
    )


@router.get("/payloads", response_class=HTMLResponse)
def sent(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.ADMINISTER))],
    id: Id,  # noqa: A002 - the name in the address
) -> HTMLResponse:
    """Exactly what was written to warehouse and store, and what came back: without card data and credentials."""
    with reading() as connection:
        file = _known(order_file(connection, seat.lane.name, id))
        found = payloads(connection, file.order)
    bodies = _bodies(seat, [dict(row["request"]) for row in found.transfers])
    return render(
        request,
        "payloads.html",
        seat=seat,
        order=file.order,
        transfers=list(zip(found.transfers, bodies, strict=True)),
        post_backs=found.post_backs,
        copy=found.document,
    )


def _known(found: OrderFile | None) -> OrderFile:
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such order.")
    return found


def _bodies(seat: Seat, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The warehouse's own form of each request; the ledger's where the connector cannot be built here.

    What retention has emptied stays empty.
    """
    if not any(requests):
        return requests
    settings = seat.lane.warehouse
    try:
        connection = require(AirflowResolver(), settings.connection)
        warehouse = open_warehouse(settings.connector, connection, dict(settings.settings))
    except CartageError:
        return requests
    try:
        return [warehouse.payload(request_from(request)) if request else request for request in requests]
    finally:
        warehouse.close()
