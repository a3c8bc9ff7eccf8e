"""The first page of a lane: where its orders stand, what was done today, what is covered, how its connections do."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from cartage.intake.coverage.calendar import DayState
from cartage.intake.coverage.report import coverage_history
from cartage.inventory.repo import paused_pushes
from cartage.operations.views.health import health
from cartage.operations.views.overview import last_day, standings, waiting_orders
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_seat
from cartage_airflow.desk.chart import chart
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages import render

router = APIRouter()
# The whole calendar is on the page of the coverage.
_CALENDAR = timedelta(days=45)


@router.get("/", response_class=HTMLResponse)
@router.get("/overview", response_class=HTMLResponse)
def overview(
    request: Request, seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))]
) -> HTMLResponse:
    """A lane at a glance."""
    lane = seat.lane
    with reading() as connection:
        standing = standings(connection, lane.name)
        wants = waiting_orders(connection, lane.name)
        stock_waits = paused_pushes.push_waits(connection, lane.name)
        hours = last_day(connection, lane.name)
        doing = health(connection, lane.name)
        history = coverage_history(connection, lane, doing.at, since=doing.at - _CALENDAR) if doing else None
    return render(
        request,
        "overview.html",
        seat=seat,
        standing=standing,
        waiting=wants,
        stock_waits=stock_waits,
        chart=chart(hours, lane.store.zone()),
        zone=lane.store.time_zone,
        health=doing,
        history=history,
        states=list(DayState),
    )
