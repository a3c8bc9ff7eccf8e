"""What people do on the page: note who takes care and until when, decide, release holds, check orders again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response, status
from fastapi.responses import RedirectResponse

from cartage.db.engine import database_time
from cartage.lifecycle import exceptions
from cartage.model.exceptions import Choice
from cartage.operations.attention.entries import AttentionKind, Entry
from cartage.operations.attention.repo import Note, read_entries, save_note
from cartage.operations.bulk_actions import BulkAction
from cartage.operations.repo.jobs import JobKind
from cartage.operations.routing_choices import NAMES
from cartage.validation.hold_rules import HoldSource
from cartage.validation.repo.holds import release_holds
from cartage_airflow.desk.access import CanAct
from cartage_airflow.desk.ledger import writing
from cartage_airflow.desk.pages.attention.query import query_of
from cartage_airflow.desk.pages.attention.snooze import Snooze, snoozed_until
from cartage_airflow.desk.parameters import FormId, FormText, storable
from cartage_airflow.desk.rendering import redirect
from cartage_airflow.desk.start_job import start_job

router = APIRouter()
# Holds that one form releases; more are a job.
_MOST_HOLDS = 100

Back = Annotated[str, Form(max_length=1000)]
"""The query of the page that has the form."""


@router.post("/attention")
def note_entry(
    access: CanAct,
    kind: Annotated[AttentionKind, Form()],
    key: FormText = "",
    back: Back = "",
    owner: Annotated[str, Form(max_length=100)] = "",
    note: FormText = "",
    snooze: Annotated[Snooze, Form()] = Snooze.NOT,
    take: Annotated[bool, Form()] = False,
) -> RedirectResponse:
    """Keep who takes care of an entry, what there is to know about it, and until when it is snoozed."""
    lane = access.lane
    with writing() as connection:
        entry = _open_entry(read_entries(connection, [lane.name]), kind, storable(key))
        kept = entry.triage.snoozed_until if entry.triage else None
        until = snoozed_until(snooze, database_time(connection), lane.store.zone(), kept)
        person = access.by.actor if take else storable(owner).strip()
        wanted = Note(person, storable(note).strip(), until)
        save_note(connection, lane.name, kind, entry.key, wanted, access.by, said=_said(entry, wanted))
    return redirect("attention", **query_of(back), done="noted")


@router.post("/exceptions")
def decide_exception(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    choice: Annotated[Choice, Form()],
    back: Back = "",
) -> RedirectResponse:
    """Record the decision; the next run carries it out."""
    with writing() as connection:
        exception = exceptions.get_exception(connection, id)
        if exception is None or exception.lane != access.lane.name:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such exception.")
        exceptions.decide(connection, id, choice.value, access.by)
    return redirect("attention", **query_of(back), done="decided")


@router.post("/held")
def release_chosen(
    access: CanAct,
    id: Annotated[list[int], Form(max_length=_MOST_HOLDS)],  # noqa: A002 - the name in the form
    back: Back = "",
) -> RedirectResponse:
    """End the chosen holds; the next run validates the orders that have no other."""
    with writing() as connection:
        released = release_holds(connection, access.lane.name, access.by, ids=id)
    return redirect("attention", **query_of(back), done="released", count=released)


@router.post("/release_holds")
async def release_all(
    request: Request,
    access: CanAct,
    rule: Annotated[str, Form(max_length=200)] = "",
    source: Annotated[HoldSource | None, Form()] = None,
) -> Response:
    """Start the job that ends all holds of a rule, of a source, or of the lane, and validates their orders."""
    wanted = {"rule": rule or None, "source": source}
    return await start_job(request, access, JobKind.RELEASE_HOLDS, wanted)


@router.post("/blocked")
async def check_again(
    request: Request, access: CanAct, cause: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Start the job that validates all blocked orders again; orders whose causes are fixed become ready."""
    return await start_job(request, access, JobKind.RELEASE, {"cause": cause})


@router.post("/cause_routing")
async def choose_for_cause(
    request: Request,
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    action: Annotated[BulkAction, Form()],
) -> Response:
    """Start the job that makes a choice for all orders of a cause that no warehouse has, and decides them by it."""
    if action.choice is None:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, f"Choose one of {', '.join(NAMES)}.")
    return await start_job(request, access, JobKind.CHOOSE_ROUTING, {"cause": id, "choice": action.value})


def _open_entry(entries: list[Entry], kind: AttentionKind, key: str) -> Entry:
    for entry in entries:
        if (entry.kind, entry.key) == (kind, key):
            return entry
    raise HTTPException(status.HTTP_404_NOT_FOUND, "That was dealt with in the meantime.")


def _said(entry: Entry, note: Note) -> str:
    """Return what the lane's events keep: who takes care and until when, never the note, which may name a buyer."""
    parts = []
    if note.owner != entry.owner:
        parts.append(f"owner {note.owner}" if note.owner else "no owner")
    before = entry.triage.snoozed_until if entry.triage else None
    if note.snoozed_until != before:
        until = note.snoozed_until
        parts.append(f"snoozed until {until:%F %H:%M %Z}" if until else "no longer snoozed")
    if note.text != entry.note:
        parts.append("note changed" if note.text else "note removed")
    return "; ".join(parts) or "nothing changed"
