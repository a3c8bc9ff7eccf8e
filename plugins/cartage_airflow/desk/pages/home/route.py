"""The first page: all lanes as a table, or the lane that the user chose with the way of its orders."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection

from cartage.db.engine import database_time
from cartage.intake.coverage.calendar import DayState
from cartage.intake.coverage.report import coverage_history
from cartage.lanes.settings.lane import Lane
from cartage.model.states import State
from cartage.operations.attention.entries import Entry
from cartage.operations.attention.repo import read_entries
from cartage.operations.views.health import health
from cartage.operations.views.lanes import FAMILIES, lane_lines
from cartage.operations.views.overview import last_day, standings
from cartage.operations.views.way import orders_way
from cartage.routing.views.rules import rules_of_lane
from cartage_airflow.desk.access import CanSeeLanes, LanesAccess
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.pages.attention.words import KINDS
from cartage_airflow.desk.pages.home.cells import cells
from cartage_airflow.desk.pages.home.chart import chart
from cartage_airflow.desk.rendering import redirect, render

router = APIRouter()
# The coverage page has the whole calendar.
_CALENDAR = timedelta(days=45)
# The states that no step of the way shows.
_FINISHED = (State.SHIPPED, State.CANCELLED, State.SKIPPED)


@router.get("/", response_class=HTMLResponse)
@router.get("/home", response_class=HTMLResponse)
def home(request: Request, access: CanSeeLanes) -> Response:
    """Show all lanes, or the chosen one; a user who may see only one lane gets that."""
    if access.chosen:
        return _lane_page(request, access, access.chosen)
    if len(access.lanes) == 1:
        return redirect("home", lane=access.names[0])
    with reading() as connection:
        entries = _awake(connection, access.lanes)
        lines = lane_lines(connection, access.lanes, entries)
    return render(
        request,
        "home/lanes.html",
        access=access,
        lines=[(lane, lines[lane.name]) for lane in access.lanes],
        kinds=KINDS,
        families=list(FAMILIES),
        cells=cells,
    )


@router.get("/overview")
def overview(access: CanSeeLanes) -> RedirectResponse:
    """Lead to the first page."""
    return redirect("home", **({"lane": access.chosen.name} if access.chosen else {}))


def _lane_page(request: Request, access: LanesAccess, lane: Lane) -> HTMLResponse:
    zone = lane.store.zone()
    with reading() as connection:
        now = database_time(connection)
        line = lane_lines(connection, [lane], _awake(connection, [lane]))[lane.name]
        midnight = datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)
        way = orders_way(connection, line, midnight)
        finished = standings(connection, lane.name, _FINISHED)
        hours = last_day(connection, lane.name)
        found = health(connection, lane)
        history = coverage_history(connection, lane, now, since=now - _CALENDAR) if found else None
        rules = rules_of_lane(connection, lane)
    return render(
        request,
        "home/lane.html",
        access=access,
        lane=lane,
        line=line,
        way=way,
        finished=finished,
        kinds=KINDS,
        chart=chart(hours, zone),
        zone=zone,
        health=found,
        history=history,
        rules=rules,
        states=list(DayState),
        families=list(FAMILIES),
    )


def _awake(connection: Connection, lanes: tuple[Lane, ...] | list[Lane]) -> list[Entry]:
    now = database_time(connection)
    found = read_entries(connection, [lane.name for lane in lanes])
    return [entry for entry in found if not entry.snoozed(now)]
