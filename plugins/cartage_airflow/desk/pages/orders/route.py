"""The list of orders over all lanes that the user may see: search, filters, sorting, one page at a time."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from cartage.model.states import State
from cartage.operations.bulk_actions import MOST_AT_ONCE, offered_actions
from cartage.operations.repo.saved_views import saved_views
from cartage.operations.views.order_list import Sort, order_page
from cartage_airflow.desk.access import CanSeeLanes
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.orders.export import MOST_XLSX_ROWS
from cartage_airflow.desk.pages.orders.wanted import VIEW_PARAMETERS, Wanted, query_of
from cartage_airflow.desk.rendering import redirect, render

router = APIRouter()
_PAGE = 50
# Hours, and how a person says them.
_AGES = {1: "1 hour", 4: "4 hours", 24: "1 day", 48: "2 days", 168: "7 days", 720: "30 days"}


@router.get("/orders", response_class=HTMLResponse)
def orders(
    request: Request,
    lanes: CanSeeLanes,
    wanted: Wanted,
    lane: Annotated[str, Query(max_length=40)] = "",
    warehouse: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show one page of the list. A search that finds a single order leads to it."""
    with reading() as connection:
        page = order_page(connection, wanted, after=after or None, size=_PAGE)
        views = saved_views(connection, lanes.by.actor)
    if wanted.text.strip() and not after and len(page.orders) == 1:
        [found] = page.orders
        return redirect("order", lane=found.lane, id=found.id)
    query = query_of(wanted, lane=lane, warehouse=warehouse)
    return render(
        request,
        "orders/template.html",
        access=lanes,
        lanes=lanes,
        lane=lane,
        currencies={seen.name: seen.store.currency for seen in lanes.lanes},
        warehouse=warehouse,
        warehouses=sorted({view.warehouse.connection for seen in lanes.lanes for view in seen.views()}),
        wanted=wanted,
        address=urlencode(query, doseq=True),
        further=urlencode(query | {"after": page.then}, doseq=True) if page.then else "",
        sorted_by={
            sort: urlencode(
                query | {"sort": sort.value, "up": "1" if wanted.sort is sort and not wanted.up else ""},
                doseq=True,
            )
            for sort in Sort
        },
        page=page,
        first=not after,
        filtered=any(name not in ("lane", "sort", "up") for name in query),
        narrowed=any(name not in ("lane", "q", "state", "sort", "up") for name in query),
        states=list(State),
        ages=_AGES,
        actions=offered_actions([seen for seen in lanes.lanes if seen.name in lanes.acting]),
        most_at_once=MOST_AT_ONCE,
        most_xlsx=MOST_XLSX_ROWS,
        views=[(view, urlencode(dict(view.query), doseq=True)) for view in views],
        view_query={name: value for name, value in query.items() if name in VIEW_PARAMETERS},
    )
