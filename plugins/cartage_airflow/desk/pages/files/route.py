"""The page of the warehouse's files: those in quarantine, what they hold, and the decision to release or drop them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.operations.views.files import shown_content
from cartage.warehouses.repo import file_decisions
from cartage_airflow.desk.access import CanAct, CanSee, CanSeePersonal
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.parameters import FormId, QueryId
from cartage_airflow.desk.rendering import redirect, render

router = APIRouter()
# More than a person decides in a day; `cartage files quarantine list` shows them all.
_MOST = 100
_LATEST = 50

MEANINGS = {
    "release": "It is read in spite of its faults, as far as it can be. The lane's next run does so.",
    "drop": "What is quarantined of it has no effect. What was sound is in effect already.",
}


@router.get("/files", response_class=HTMLResponse)
def show_files(request: Request, access: CanSee, decided: int = 0) -> HTMLResponse:
    """Show the files that wait for a person, the oldest first, and those that were last taken in."""
    with reading() as connection:
        count = file_decisions.quarantine_count(connection, access.lane.name)
        waiting = file_decisions.quarantined_files(connection, access.lane.name, size=_MOST)
        latest = file_decisions.latest_files(connection, access.lane.name, size=_LATEST)
    return render(
        request,
        "files/template.html",
        access=access,
        waiting=waiting,
        more=max(0, count.files - len(waiting)),
        latest=latest,
        meanings=MEANINGS,
        decided=decided,
    )


@router.get("/file", response_class=HTMLResponse)
def show_file(
    request: Request,
    access: CanSeePersonal,
    id: QueryId,  # noqa: A002 - the name in the address
) -> HTMLResponse:
    """Show what a file says, as text: it may have names and addresses of buyers."""
    with reading() as connection:
        file = file_decisions.file_record(connection, access.lane.name, id)
        content = file_decisions.file_content(connection, access.lane.name, id)
    if file is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such file.")
    return render(
        request,
        "files/file.html",
        access=access,
        file=file,
        content=shown_content(content) if content is not None else None,
        meanings=MEANINGS,
    )


@router.post("/files")
def decide(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    choice: Annotated[Literal["release", "drop"], Form()],
) -> RedirectResponse:
    """Record the decision about a file in quarantine."""
    carry_out = file_decisions.release_file if choice == "release" else file_decisions.drop_file
    with writing() as connection:
        carry_out(connection, access.lane.name, id, access.by.actor)
    return redirect("files", lane=access.lane.name, decided=id)
