"""The page behind the link "What it moved" of every task. Users who may read the DAG's tasks may read it."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from cartage_airflow.desk.pages.moved.query import order_changes_of_run, stock_changes_of_run
from cartage_airflow.desk.parameters import PageId
from cartage_airflow.desk.rendering import render
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
    after: PageId = None,
) -> HTMLResponse:
    """Show what one try of a task (`run` is `<run id>/<task id>/<try>`) changed, page by page: orders or stock."""
    key = dag_run_key(dag_id, run)
    orders = order_changes_of_run(key, after=after or 0, limit=_PAGE + 1)
    stock = [] if orders else stock_changes_of_run(key, after=after or 0, limit=_PAGE + 1)
    last = (orders or stock)[_PAGE - 1 :]
    return render(
        request,
        "moved/template.html",
        dag_id=dag_id,
        run=run,
        first=after is None,
        orders=orders[:_PAGE],
        stock=stock[:_PAGE],
        next_after=last[0].id if len(last) > 1 else None,
    )
