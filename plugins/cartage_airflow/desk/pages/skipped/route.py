"""The page of skipped orders: each reason with its count, and the orders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cartage.model.states import State
from cartage.operations.views.order_list import Filter, order_page
from cartage.validation.views import skip_reasons
from cartage_airflow.desk.access import CanSee
from cartage_airflow.desk.ledger import reading
from cartage_airflow.desk.rendering import render

router = APIRouter()
_PAGE = 50


@router.get("/skipped", response_class=HTMLResponse)
def skipped(
    request: Request, access: CanSee, after: Annotated[str, Query(max_length=80)] = ""
) -> HTMLResponse:
    """Show the reasons, and one page of the orders."""
    wanted = Filter((access.lane.name,), states=(State.SKIPPED,))
    with reading() as connection:
        page = order_page(connection, wanted, after=after or None, size=_PAGE)
        reasons = skip_reasons(connection, access.lane.name) if not after else []
    return render(
        request,
        "skipped/template.html",
        access=access,
        reasons=reasons,
        page=page,
        first=not after,
    )
