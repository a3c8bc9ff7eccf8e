"""Addresses of pages that are filters of the queue."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from cartage.operations.attention.entries import AttentionKind
from cartage_airflow.desk.access import CanSeeLanes
from cartage_airflow.desk.rendering import redirect

router = APIRouter()

_KINDS = {
    "blocked": AttentionKind.CAUSE,
    "exceptions": AttentionKind.EXCEPTION,
    "held": AttentionKind.HOLD,
    "alerts": None,
}


@router.get("/blocked")
@router.get("/exceptions")
@router.get("/held")
@router.get("/alerts")
def show_in_queue(request: Request, access: CanSeeLanes) -> RedirectResponse:
    """Lead to the queue. The browser keeps the fragment that names an entry."""
    kind = _KINDS[request.url.path.rpartition("/")[2]]
    query = {"lane": access.chosen.name} if access.chosen else {}
    return redirect("attention", **query, **({"kind": kind.value} if kind else {}))
