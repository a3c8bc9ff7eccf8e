"""The warehouse's items that match what a person types, as choices of a field."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cartage.lanes.account import account_of
from cartage.warehouses.repo.catalogue import find_items
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.parameters import storable
from cartage_airflow.desk.rendering import render

router = APIRouter()
_MOST = 20


@router.get("/catalogue", response_class=HTMLResponse)
def catalogue_choices(
    request: Request, access: CanSee, sku: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Return the items whose SKU or description contains the text, those that begin with it first."""
    with reading() as connection:
        items = find_items(connection, account_of(access.lane.views()[0]), storable(sku), most=_MOST)
    return render(request, "mappings/catalogue.html", items=items)
