"""The page of a lane's coverage, and the forms that start the backfills it suggests. Works without JavaScript.

Users who may read the lane's orders DAG see it; users who may start backfills of the DAG can start them here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Form, HTTPException, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime

from cartage.intake.coverage.calendar import DayState
from cartage.intake.coverage.plan import MAX_ACTIVE_RUNS, MOST_UNASKED, REPROCESS, count_runs
from cartage.intake.coverage.report import UNKNOWN_WHERE_SWEPT
from cartage_airflow.desk.access import FAMILIES, CanAct, CanSee, may_backfill
from cartage_airflow.desk.airflow_api import Declined, create_backfill
from cartage_airflow.desk.pages.coverage.query import history_of_lane
from cartage_airflow.desk.rendering import redirect, render, render_message

router = APIRouter()
# A long history may have very many gaps; the calendar and the backfills show them all.
_MOST_GAPS = 200


@router.get("/coverage", response_class=HTMLResponse)
def coverage(request: Request, user: GetUserDep, access: CanSee, started: int | None = None) -> HTMLResponse:
    """Show a lane's calendar, gaps and backfills."""
    history = history_of_lane(access.lane)
    return render(
        request,
        "coverage/template.html",
        access=access,
        history=history,
        gaps=history.gaps[:_MOST_GAPS],
        more=max(0, len(history.gaps) - _MOST_GAPS),
        states=list(DayState),
        unknown=UNKNOWN_WHERE_SWEPT,
        reprocess=REPROCESS,
        token=access.token if may_backfill(user, access.lane) else "",
        started=started,
    )


@router.post("/coverage")
async def start_backfill(
    request: Request,
    user: GetUserDep,
    access: CanAct,
    dag_id: Annotated[str, Form(max_length=250)],
    first: Annotated[AwareDatetime, Form()],
    last: Annotated[AwareDatetime, Form()],
    reprocess: Annotated[Literal["none", "failed", "completed"], Form()],
    confirmed: Annotated[bool, Form()] = False,
) -> Response:
    """Start a backfill as the user of the request, then show the page again. Many runs are confirmed first."""
    lane = access.lane
    if dag_id not in {f"{family}__{lane.name}" for family in FAMILIES}:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "That DAG does not import this lane's orders.")
    if not await run_in_threadpool(may_backfill, user, lane):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "You may not start backfills of this lane.")
    runs = 0 if confirmed else await run_in_threadpool(count_runs, lane, dag_id, first, last)
    if runs > MOST_UNASKED:
        form = {"dag_id": dag_id, "first": first, "last": last, "reprocess": reprocess}
        return render(
            request, "coverage/confirm.html", access=access, form=form, most=MOST_UNASKED, runs=runs
        )
    try:
        backfill_id = await create_backfill(
            request,
            dag_id=dag_id,
            first=first,
            last=last,
            reprocess=reprocess,
            max_active_runs=MAX_ACTIVE_RUNS,
        )
    except Declined as refusal:
        title = "The backfill was not started"
        return render_message(request, title, str(refusal), status=refusal.status, access=access)
    return redirect("coverage", lane=lane.name, started=backfill_id)
