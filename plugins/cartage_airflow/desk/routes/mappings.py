"""The mappings of a lane: what holds now, who changed what, and the forms that change it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.errors import SettingsError
from cartage.lanes.account import account_of
from cartage.lanes.mappings import MappingSource, TextMatch
from cartage.ledger import mappings
from cartage.ledger.desk_work import WorkKind
from cartage.ledger.suggestions import offered
from cartage.mapping.changes import Change
from cartage.mapping.rules import MethodRule, Rule, of_lane
from cartage_airflow.desk.access import Level, Seat, requires_access_form, requires_access_seat
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.mapping_forms import METHOD, lines_for_file, method_rule, sku_rule
from cartage_airflow.desk.pages import render
from cartage_airflow.desk.work_orders import start_work

router = APIRouter()
_HISTORY = 50

Admin = Annotated[Seat, Depends(requires_access_form(Level.ADMINISTER))]
Text = Annotated[str, Form(max_length=500)]
Seen = Annotated[str, Form(max_length=60)]


@router.get("/mappings", response_class=HTMLResponse)
def page(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(Level.SEE))],
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    saved: bool = False,
) -> HTMLResponse:
    """The rules in force and to come, and their history a page at a time."""
    lane, in_ledger = seat.lane, seat.lane.mappings is MappingSource.LEDGER
    with reading() as connection:
        standing = mappings.standing(connection, lane.name) if in_ledger else []
        history = (
            mappings.history(connection, lane.name, before=before, size=_HISTORY + 1) if in_ledger else []
        )
        offer = offered(connection, account_of(lane)) or []
        revision = mappings.revision(connection, lane.name)
    rules = [one.rule for one in standing] if in_ledger else list(of_lane(lane).rules)
    return render(
        request,
        "mappings.html",
        seat=seat,
        in_ledger=in_ledger,
        methods=[one for one in rules if isinstance(one, MethodRule)],
        skus=[one for one in rules if not isinstance(one, MethodRule)],
        authors={one.rule: one for one in standing},
        history=history[:_HISTORY],
        next_before=history[_HISTORY - 1].id if len(history) > _HISTORY else None,
        offer=offer,
        matches=list(TextMatch),
        revision=revision,
        first=before is None,
        saved=saved,
    )


def asked_rule(
    kind: Annotated[Literal["ship_method", "sku"], Form()],
    store: Text,
    method: Text = "",
    other_method: Text = "",
    match: Annotated[TextMatch, Form()] = TextMatch.NORMALISED,
    sku: Text = "",
    quantity: Annotated[int, Form(ge=1, le=1_000_000)] = 1,
) -> Rule:
    """The rule that a form's fields make; what was written by hand goes before what was chosen."""
    try:
        if kind == METHOD:
            return method_rule(store, other_method.strip() or method, match=match)
        return sku_rule(store, sku, quantity)
    except SettingsError as failure:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(failure)) from failure


@router.post("/mappings")
async def put(
    request: Request,
    seat: Admin,
    rule: Annotated[Rule, Depends(asked_rule)],
    note: Text = "",
    seen: Seen = "",
) -> Response:
    """Put a rule in force, and have all blocked orders judged by it at once."""
    if seat.lane.mappings is not MappingSource.LEDGER:
        return render(request, "proposal.html", seat=seat, lines=lines_for_file(rule))
    await run_in_threadpool(_save, seat, rule, note, seen)
    return await start_work(request, seat, WorkKind.RELEASE, {"store": rule.store})


@router.post("/drop_mapping")
def drop(
    seat: Admin,
    kind: Annotated[Literal["ship method", "pattern", "SKU"], Form()],
    text: Text,
    seen: Seen = "",
) -> RedirectResponse:
    """End the rule for a text. Orders that were sent stay as they are; ready ones are judged anew by the next run."""
    if seat.lane.mappings is not MappingSource.LEDGER:
        raise HTTPException(status.HTTP_409_CONFLICT, "This lane keeps its mappings in the lanes file.")
    _carry_out(seat, Change(drop=((kind, text),)), "", seen)
    query = urlencode({"lane": seat.lane.name, "saved": 1})
    return RedirectResponse(f"mappings?{query}", status.HTTP_303_SEE_OTHER)


def _save(seat: Seat, rule: Rule, note: str, seen: str) -> None:
    if isinstance(rule, MethodRule) and rule.match is TextMatch.PATTERN:
        with reading() as connection:
            standing = [one.rule for one in mappings.standing(connection, seat.lane.name)]
        rule = replace(rule, order=mappings.next_order(standing))
    _carry_out(seat, Change(put=(rule,)), note, seen)


def _carry_out(seat: Seat, change: Change, note: str, seen: str) -> None:
    try:
        with writing() as connection:
            mappings.save(connection, seat.lane.name, change, author=seat.by.actor, note=note, seen=seen)
    except SettingsError as failure:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(failure)) from failure
