"""The page of exceptions: orders that need a person's decision, both versions, and what each choice does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.inventory.repo import paused_pushes
from cartage.lifecycle import exceptions
from cartage.lifecycle.exceptions import count_open_exceptions, decided_exceptions, open_exceptions
from cartage.model.exceptions import MEANINGS, Choice
from cartage_airflow.desk.access import CanAct, CanSee
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.parameters import FormId
from cartage_airflow.desk.rendering import redirect, render
from cartage_airflow.desk.versions import visible_versions

router = APIRouter()
# More than a person decides in a day; `cartage exceptions list` shows them all.
_MOST = 100


@router.get("/exceptions", response_class=HTMLResponse)
def show_exceptions(request: Request, access: CanSee, decided: int = 0) -> HTMLResponse:
    """Show the exceptions that need a decision, oldest first, and decisions that were not carried out yet."""
    with reading() as connection:
        waiting = open_exceptions(connection, access.lane.name, most=_MOST)
        more = count_open_exceptions(connection, access.lane.name) - len(waiting)
        pending = decided_exceptions(connection, access.lane.name, most=_MOST, versions=False)
        push_paused = paused_pushes.push_waits(connection, access.lane.name)
    return render(
        request,
        "exceptions/template.html",
        access=access,
        waiting=[(exception, visible_versions(exception, access)) for exception in waiting],
        more=max(0, more),
        pending=pending,
        meanings=MEANINGS,
        decided=decided,
        push_paused=push_paused,
    )


@router.post("/exceptions")
def decide_exception(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    choice: Annotated[Choice, Form()],
) -> RedirectResponse:
    """Record the decision; the next run carries it out."""
    with writing() as connection:
        exception = exceptions.get_exception(connection, id)
        if exception is None or exception.lane != access.lane.name:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such exception.")
        exceptions.decide(connection, id, choice.value, access.by)
    return redirect("exceptions", lane=access.lane.name, decided=id)
