"""The orders of a lane: searched, filtered, a page at a time, and as a CSV that a spreadsheet can take no harm from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from cartage.model.states import State
from cartage.operations.views.order_list import Filter, how_many, order_page
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_seat
from cartage_airflow.desk.csv_export import csv_text
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages import render

router = APIRouter()
_PAGE = 50
# A statement of the export reads that many, so that each ends long before its time is over.
_BATCH = 1000

See = Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))]


def wanted(
    seat: See,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=30)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    cause: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Filter:
    """The filter that a query asks for; what makes no sense in it filters nothing. Only who acts searches by e-mail."""
    return Filter(
        lane=seat.lane.name,
        state=State(state) if state in list(State) else None,
        cause=cause,
        since=_day(since),
        until=_day(until),
        text=q.replace("\x00", ""),
        by_mail=seat.acts,
    )


Wanted = Annotated[Filter, Depends(wanted)]


@router.get("/orders", response_class=HTMLResponse)
def orders(
    request: Request,
    seat: See,
    found: Wanted,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """A page of the list. A search that finds one order alone leads to it."""
    with reading() as connection:
        listed = order_page(connection, found, before=before, size=_PAGE + 1)
        plain = not found.text.strip() and found.cause is None
        count = how_many(connection, found) if plain else None
    if found.text.strip() and before is None and len(listed) == 1:
        query = urlencode({"lane": seat.lane.name, "id": listed[0].id})
        return RedirectResponse(f"order?{query}", status.HTTP_303_SEE_OTHER)
    return render(
        request,
        "orders.html",
        seat=seat,
        wanted=found,
        query=_query(found),
        listed=listed[:_PAGE],
        count=count,
        first=before is None,
        next_before=listed[_PAGE - 1].id if len(listed) > _PAGE else None,
        states=list(State),
    )


@router.get("/orders.csv")
def export(seat: See, found: Wanted) -> StreamingResponse:
    """The whole list as CSV, written while it is read."""
    name = f"orders-{seat.lane.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.csv"
    return StreamingResponse(
        csv_text(_all(found), seat),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _all(found: Filter) -> Iterator[dict[str, object]]:
    """Every order of a filter. Between two batches no connection is kept, however slowly the other side reads."""
    before: int | None = None
    while True:
        with reading() as connection:
            batch = order_page(connection, found, before=before, size=_BATCH)
        yield from (asdict(one) for one in batch)
        if not batch or (len(batch) < _BATCH and not found.text.strip()) or found.text.strip():
            return
        before = batch[-1].id


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _query(found: Filter) -> dict[str, str]:
    """The filter as a query again, for links that keep it."""
    fields = {
        "q": found.text,
        "state": found.state or "",
        "since": found.since or "",
        "until": found.until or "",
        "cause": found.cause or "",
    }
    return {"lane": found.lane} | {name: str(value) for name, value in fields.items() if value}
