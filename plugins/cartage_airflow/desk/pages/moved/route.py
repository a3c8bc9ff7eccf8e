"""The page behind the link "What it moved" of every task. Whoever may read the DAG's tasks may read it."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cartage_airflow.desk.pages import render
from cartage_airflow.desk.queries import moves_of_run, stocks_of_run
from cartage_airflow.runs import dag_run_key

router = APIRouter()
_PAGE = 200


@router.get(
    "/moved",
    response_class=HTMLResponse,
    # It reads `dag_id` from the query, and the ledger's run id below begins with the same `dag_id`.
    dependencies=[Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.TASK_INSTANCE))],
)
def moved(
    request: Request,
    dag_id: Annotated[str, Query(max_length=250)],
    run: Annotated[str, Query(max_length=800)],
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
) -> HTMLResponse:
    """What one try of a task (`run` is `<run id>/<task id>/<try>`) moved, a page at a time: orders, or stocks."""
    key = dag_run_key(dag_id, run)
    found = moves_of_run(key, after=after, limit=_PAGE + 1)
    stocks = [] if found else stocks_of_run(key, after=after, limit=_PAGE + 1)
    last = (found or stocks)[_PAGE - 1 :]
    return render(
        request,
        "moved.html",
        dag_id=dag_id,
        run=run,
        first=after == 0,
        moves=found[:_PAGE],
        stocks=stocks[:_PAGE],
        next_after=last[0].id if len(last) > 1 else None,
    )
