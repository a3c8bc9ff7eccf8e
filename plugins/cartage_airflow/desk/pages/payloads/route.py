"""The page of what was written to warehouse and store for an order, and what came back. For administrators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import HTMLResponse

from cartage.errors import CartageError
from cartage.lanes.settings.lane import Lane
from cartage.operations.views.files import shown_content
from cartage.operations.views.order_file import order_file, payloads
from cartage.sending.payloads import shown_payload
from cartage.warehouses.registry import open_warehouse, warehouse_connection
from cartage_airflow.desk.access import CanSeePayloads
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.parameters import QueryId
from cartage_airflow.desk.rendering import render
from cartage_airflow.resolver import AirflowResolver

router = APIRouter()


@router.get("/payloads", response_class=HTMLResponse)
def show_payloads(
    request: Request,
    access: CanSeePayloads,
    id: QueryId,  # noqa: A002 - the name in the address
) -> HTMLResponse:
    """Show each request and response of an order; card data and credentials are never among them."""
    with reading() as connection:
        file = order_file(connection, access.lane.name, id)
        if file is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such order.")
        found = payloads(connection, file.order)
    bodies = _bodies(access.lane, file.order["warehouse"], [dict(row["request"]) for row in found.transfers])
    contents = [row["document_content"] for row in found.transfers]
    files = [shown_content(content) if content is not None else None for content in contents]
    return render(
        request,
        "payloads/template.html",
        access=access,
        order=file.order,
        transfers=list(zip(found.transfers, bodies, files, strict=True)),
        post_backs=found.post_backs,
        by_files=bool(file.documents),
        copy=found.document,
    )


def _bodies(lane: Lane, name: str, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each request in the warehouse's form, or in the ledger's if the connector cannot be built here.

    A warehouse that has left the lane cannot be. A request that retention has emptied stays empty.
    """
    if not any(requests) or name not in lane.warehouse_names():
        return requests
    settings = lane.at(name).warehouse
    try:
        connection = warehouse_connection(
            AirflowResolver(), settings.connector, settings.connection, settings.settings
        )
        warehouse = open_warehouse(settings.connector, connection, dict(settings.settings))
    except CartageError:
        return requests
    try:
        return [shown_payload(warehouse, request) if request else request for request in requests]
    finally:
        warehouse.close()
