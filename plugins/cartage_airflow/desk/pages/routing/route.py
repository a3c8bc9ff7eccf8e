"""The page of a lane's routing rules: how many orders each took and which, and a form that previews other rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from cartage.db.engine import database_time
from cartage.errors import SettingsError
from cartage.lanes.editing.routing import LONGEST_RULES, lane_with_rules, written_rules
from cartage.lanes.sources.places import lanes_path
from cartage.operations.repo.jobs import JobKind
from cartage.routing.repo.taken import orders_of_rule
from cartage.routing.views.rules import DAYS, rules_of_lane
from cartage_airflow.desk.access import CanMap, CanSee, LaneAccess
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.parameters import storable
from cartage_airflow.desk.rendering import render
from cartage_airflow.desk.start_job import start_job

router = APIRouter()
_MOST_LISTED = 100
_LOOK_BACK = 30  # days, unless a person chooses otherwise


@router.get("/routing", response_class=HTMLResponse)
def show_routing(
    request: Request,
    access: CanSee,
    rule: Annotated[str | None, Query(max_length=40)] = None,
    days: Annotated[int, Query(ge=1, le=DAYS)] = DAYS,
) -> HTMLResponse:
    """Show the rules; with `rule`, also the orders that it took in the last days (the default's name is empty)."""
    return _page(request, access, written_rules(lanes_path(), access.lane), rule=rule, days=days)


@router.post("/routing")
async def preview_rules(
    request: Request,
    access: CanMap,
    rules: Annotated[str, Form(max_length=LONGEST_RULES)],
    days: Annotated[int, Form(ge=1, le=365)] = _LOOK_BACK,
) -> Response:
    """Start the job that previews other rules on orders; show the page again if the rules have mistakes."""
    written = storable(rules)
    try:
        await run_in_threadpool(lane_with_rules, lanes_path(), access.lane.name, written)
    except SettingsError as failure:
        mistakes = [mistake.strip() for mistake in failure.mistakes]
        return await run_in_threadpool(_page, request, access, written, mistakes=mistakes, look_back=days)
    return await start_job(request, access, JobKind.PREVIEW_ROUTING, {"rules": written, "days": days})


def _page(
    request: Request,
    access: LaneAccess,
    written: str,
    *,
    rule: str | None = None,
    days: int = DAYS,
    mistakes: list[str] | None = None,
    look_back: int = _LOOK_BACK,
) -> HTMLResponse:
    lane = access.lane
    with reading() as connection:
        uses = rules_of_lane(connection, lane)
        listed = []
        if rule is not None and uses:
            since = database_time(connection) - timedelta(days=days)
            listed = list(orders_of_rule(connection, lane.name, rule, since=since, most=_MOST_LISTED))
    return render(
        request,
        "routing/template.html",
        status=status.HTTP_422_UNPROCESSABLE_CONTENT if mistakes else status.HTTP_200_OK,
        access=access,
        uses=uses,
        rule=rule,
        days=days,
        listed=listed,
        most=_MOST_LISTED,
        written=written,
        mistakes=mistakes or [],
        look_back=look_back,
    )
