"""The alerts of a lane: what is wrong now, since when, how often it was told, where it is mended; and what is over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cartage.monitoring.views import closed_alerts, open_alerts
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_seat
from cartage_airflow.desk.alert_ways import desk_way, order_ways, outside_ways
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages import render

router = APIRouter()
_PAGE = 50

Id = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("/alerts", response_class=HTMLResponse)
def alerts(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    after: Id = None,
    before: Id = None,
) -> HTMLResponse:
    """What is open, the oldest first, and what is over, the newest first; each list goes on by itself."""
    lane, size = seat.lane.name, _PAGE + 1
    with reading() as connection:
        standing = [] if before else open_alerts(connection, lane, after=after or 0, size=size)
        over = [] if after else closed_alerts(connection, lane, before=before, size=size)
    return render(
        request,
        "alerts.html",
        seat=seat,
        standing=standing[:_PAGE],
        over=over[:_PAGE],
        after=after,
        before=before,
        next_after=standing[_PAGE - 1].alert.id if len(standing) > _PAGE else None,
        next_before=over[_PAGE - 1].alert.id if len(over) > _PAGE else None,
        desk_way=desk_way,
        order_ways=order_ways,
        outside_ways=outside_ways,
    )
