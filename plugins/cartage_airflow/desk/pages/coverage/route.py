"""The page of a lane's coverage, and the forms on it that start the backfills it names.

Whoever may read the lane's orders DAG may read it; whoever may start backfills of it may start them here. Works without
JavaScript.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import AwareDatetime

from cartage.intake.coverage.calendar import DayState
from cartage.intake.coverage.plan import MAX_ACTIVE_RUNS, REPROCESS
from cartage_airflow.desk.access import (
    FAMILIES,
    AccessLevel,
    Seat,
    may_backfill,
    requires_access_form,
    requires_access_seat,
)
from cartage_airflow.desk.inside import Declined, create_backfill
from cartage_airflow.desk.pages import render
from cartage_airflow.desk.queries import history_of_lane

router = APIRouter()
# A long history may have very many gaps; the calendar and the backfills show them all.
_MOST_GAPS = 200


@router.get("/coverage", response_class=HTMLResponse)
def coverage(
    request: Request,
    user: GetUserDep,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    started: int | None = None,
) -> HTMLResponse:
    """A lane's calendar, gaps and backfills."""
    history = history_of_lane(seat.lane)
    return render(
        request,
        "coverage.html",
        seat=seat,
        history=history,
        gaps=history.gaps[:_MOST_GAPS],
        more=max(0, len(history.gaps) - _MOST_GAPS),
        states=list(DayState),
        reprocess=REPROCESS,
        token=seat.token if may_backfill(request, user, seat.lane) else "",
        started=started,
    )


@router.post("/coverage")
async def fill(
    request: Request,
    user: GetUserDep,
    seat: Annotated[Seat, Depends(requires_access_form(AccessLevel.ACT))],
    dag_id: Annotated[str, Form(max_length=250)],
    first: Annotated[AwareDatetime, Form()],
    last: Annotated[AwareDatetime, Form()],
    reprocess: Annotated[Literal["none", "failed", "completed"], Form()],
) -> Response:
    """Start one backfill as the signed-in user, then show the page again."""
    lane = seat.lane
    if dag_id not in {f"{family}__{lane.name}" for family in FAMILIES}:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "That DAG does not import this lane's orders.")
    if not await run_in_threadpool(may_backfill, request, user, lane):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "You may not start backfills of this lane.")
    return await _started(request, seat, dag_id, first, last, reprocess)


async def _started(
    request: Request, seat: Seat, dag_id: str, first: datetime, last: datetime, reprocess: str
) -> Response:
    try:
        number = await create_backfill(
            request,
            dag_id=dag_id,
            first=first,
            last=last,
            reprocess=reprocess,
            max_active_runs=MAX_ACTIVE_RUNS,
        )
    except Declined as refusal:
        title = "The backfill was not started"
        return render(
            request, "message.html", status=refusal.status, seat=seat, title=title, text=str(refusal)
        )
    query = urlencode({"lane": seat.lane.name, "started": number})
    # Relative: a proxy may know this page under another path.
    return RedirectResponse(f"coverage?{query}", status.HTTP_303_SEE_OTHER)
