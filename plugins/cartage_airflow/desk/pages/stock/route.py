"""The page of a lane's stock: the push that the breaker paused, its approval, and the last pushes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.inventory.breaker import why_paused
from cartage.inventory.repo import paused_pushes
from cartage.inventory.repo.levels import last_reading, latest_movements
from cartage.inventory.repo.paused_pushes import SeenPush
from cartage.inventory.repo.pushes import last_pushes
from cartage_airflow.desk.access import CanAct, CanSee
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.parameters import FormId
from cartage_airflow.desk.rendering import redirect, render

router = APIRouter()
_PAGE = 100
_HISTORY = 20


@router.get("/stock", response_class=HTMLResponse)
def stock(
    request: Request, access: CanSee, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> HTMLResponse:
    """Show the paused push, the largest changes first, what became of earlier ones, and the last pushes."""
    lane = access.lane.name
    with reading() as connection:
        paused = paused_pushes.paused_push_of(connection, lane)
        history = paused_pushes.paused_push_history(connection, lane, _HISTORY)
        pushes = last_pushes(connection, lane)
        readings = {name: last_reading(connection, lane, name) for name in access.lane.warehouse_names()}
        movements = latest_movements(connection, lane, _HISTORY)
    suspects = paused.biggest_first if paused else []
    return render(
        request,
        "stock/template.html",
        access=access,
        paused=paused,
        why=why_paused(paused) if paused else "",
        suspects=suspects[after : after + _PAGE],
        after=after,
        next_after=after + _PAGE if len(suspects) > after + _PAGE else None,
        history=history,
        pushes=pushes,
        readings={name: last for name, last in readings.items() if last is not None},
        movements=movements,
    )


@router.post("/stock")
def decide(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    revision: Annotated[int, Form(ge=1, le=2**31 - 1)],
    choice: Annotated[Literal["approve", "refuse"], Form()],
    before: Annotated[Literal["", "approve", "refuse"], Form()] = "",
) -> RedirectResponse:
    """Record the decision about what the page showed; the next run of the inventory DAG acts on it."""
    with writing() as connection:
        paused_pushes.decide_push(
            connection, access.lane.name, choice, access.by, seen=SeenPush(id, revision, before or None)
        )
    return redirect("stock", lane=access.lane.name)
