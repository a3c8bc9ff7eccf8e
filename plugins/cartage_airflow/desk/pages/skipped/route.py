"""The page of skipped orders: each reason with its count, and the orders."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cartage.model.states import State
from cartage.operations.views.order_list import Filter, how_many, order_page
from cartage.validation.views import skip_reasons
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.parameters import PageId
from cartage_airflow.desk.rendering import render

router = APIRouter()
_PAGE = 50


@router.get("/skipped", response_class=HTMLResponse)
def skipped(request: Request, access: CanSee, before: PageId = None) -> HTMLResponse:
    """Show the reasons, and one page of the orders."""
    wanted = Filter(access.lane.name, state=State.SKIPPED)
    with reading() as connection:
        listed = order_page(connection, wanted, before=before, size=_PAGE + 1)
        reasons = skip_reasons(connection, access.lane.name) if before is None else []
        count = how_many(connection, wanted)
    return render(
        request,
        "skipped/template.html",
        access=access,
        reasons=reasons,
        listed=listed[:_PAGE],
        count=count,
        first=before is None,
        next_before=listed[_PAGE - 1].id if len(listed) > _PAGE else None,
    )
