"""The warehouses' items that match what a person types, as choices of a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cartage.lanes.account import accounts_of
from cartage.warehouses.listed import CatalogueItem
from cartage.warehouses.repo.catalogue import find_items
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.parameters import storable
from cartage_airflow.desk.rendering import render

router = APIRouter()
_MOST = 20


@router.get("/catalogue", response_class=HTMLResponse)
def catalogue_choices(
    request: Request,
    access: CanSee,
    sku: Annotated[str, Query(max_length=200)] = "",
    warehouse: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Return the items whose SKU or description contains the text, those that begin with it first.

    Of a lane with several warehouses those of the named one, or of all; each item says which warehouse has it.
    """
    accounts = accounts_of(access.lane)
    chosen = {warehouse: accounts[warehouse]} if warehouse in accounts else accounts
    with reading() as connection:
        found = {
            name: find_items(connection, account, storable(sku), most=_MOST)
            for name, account in chosen.items()
        }
    return render(request, "mappings/catalogue.html", items=_by_sku(found))


def _by_sku(found: Mapping[str, Sequence[CatalogueItem]]) -> list[tuple[CatalogueItem, str]]:
    """Return each SKU once, with the names of the warehouses that have it; first what is best at each of them."""
    places: dict[str, list[str]] = {}
    items: dict[str, CatalogueItem] = {}
    for rank in range(_MOST):
        for name, own in found.items():
            if rank < len(own):
                items.setdefault(own[rank].sku, own[rank])
                places.setdefault(own[rank].sku, []).append(name)
    return [(item, ", ".join(filter(None, places[sku]))) for sku, item in items.items()][:_MOST]
