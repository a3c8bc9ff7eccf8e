"""The first page of a lane: orders by state, the last day, the connections, coverage."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cartage.intake.coverage.calendar import DayState
from cartage.intake.coverage.report import coverage_history
from cartage.inventory.repo import paused_pushes
from cartage.operations.views.health import health
from cartage.operations.views.overview import last_day, standings, waiting_orders
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.overview.chart import chart
from cartage_airflow.desk.rendering import render

router = APIRouter()
# The coverage page has the whole calendar.
_CALENDAR = timedelta(days=45)


@router.get("/", response_class=HTMLResponse)
@router.get("/overview", response_class=HTMLResponse)
def overview(request: Request, access: CanSee) -> HTMLResponse:
    """Show a lane at a glance."""
    lane = access.lane
    with reading() as connection:
        states = standings(connection, lane.name)
        waiting = waiting_orders(connection, lane.name)
        push_paused = paused_pushes.push_waits(connection, lane.name)
        hours = last_day(connection, lane.name)
        found = health(connection, lane.name)
        history = coverage_history(connection, lane, found.at, since=found.at - _CALENDAR) if found else None
    return render(
        request,
        "overview/template.html",
        access=access,
        by_state=states,
        waiting=waiting,
        push_paused=push_paused,
        chart=chart(hours, lane.store.zone()),
        zone=lane.store.time_zone,
        health=found,
        history=history,
        states=list(DayState),
    )
