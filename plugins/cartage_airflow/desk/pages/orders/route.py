"""The list of a lane's orders: search, filters, one page at a time, and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from cartage.model.states import State
from cartage.operations.views.order_list import Filter, how_many, order_page
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.orders.csv_export import csv_text
from cartage_airflow.desk.parameters import PageId, storable
from cartage_airflow.desk.rendering import redirect, render

router = APIRouter()
_PAGE = 50
# Rows that one statement of the export reads, so that each ends well within the statement timeout.
_BATCH = 1000


def wanted_orders(
    access: CanSee,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=30)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    cause: PageId = None,
) -> Filter:
    """Return the filter of a query; values that make no sense filter nothing. Only operators search by e-mail."""
    return Filter(
        lane=access.lane.name,
        state=State(state) if state in list(State) else None,
        cause=cause,
        since=_day(since),
        until=_day(until),
        text=storable(q),
        by_mail=access.may_act,
    )


Wanted = Annotated[Filter, Depends(wanted_orders)]


@router.get("/orders", response_class=HTMLResponse)
def orders(request: Request, access: CanSee, wanted: Wanted, before: PageId = None) -> Response:
    """Show one page of the list. A search that finds a single order leads to it."""
    with reading() as connection:
        listed = order_page(connection, wanted, before=before, size=_PAGE + 1)
        countable = not wanted.text.strip() and wanted.cause is None
        count = how_many(connection, wanted) if countable else None
    if wanted.text.strip() and before is None and len(listed) == 1:
        return redirect("order", lane=access.lane.name, id=listed[0].id)
    return render(
        request,
        "orders/template.html",
        access=access,
        wanted=wanted,
        query=_query(wanted),
        listed=listed[:_PAGE],
        count=count,
        first=before is None,
        next_before=listed[_PAGE - 1].id if len(listed) > _PAGE else None,
        states=list(State),
    )


@router.get("/orders.csv")
def export_orders(access: CanSee, wanted: Wanted) -> StreamingResponse:
    """Return the whole list as CSV, written while it is read."""
    name = f"orders-{access.lane.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv"
    return StreamingResponse(
        csv_text(_all_orders(wanted), access),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _all_orders(wanted: Filter) -> Iterator[dict[str, object]]:
    """Yield every order of a filter. No connection is kept between batches, however slowly the client reads."""
    before: int | None = None
    while True:
        with reading() as connection:
            batch = order_page(connection, wanted, before=before, size=_BATCH)
        yield from (asdict(row) for row in batch)
        # A search returns all it finds at once.
        if len(batch) < _BATCH or wanted.text.strip():
            return
        before = batch[-1].id


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _query(wanted: Filter) -> dict[str, str]:
    """Return the filter as a query, for links that keep it."""
    fields = {
        "q": wanted.text,
        "state": wanted.state or "",
        "since": wanted.since or "",
        "until": wanted.until or "",
        "cause": wanted.cause or "",
    }
    return {"lane": wanted.lane} | {name: str(value) for name, value in fields.items() if value}
