"""The mappings of a lane: what holds now, who changed what, and the forms that try a change before it is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from cartage.errors import SettingsError
from cartage.lanes.account import account_of
from cartage.lanes.settings.mappings import MappingSource, TextMatch
from cartage.mappings.changes import MappingChange
from cartage.mappings.documents import rule_document
from cartage.mappings.lanes_file import mappings_in_file
from cartage.mappings.repo import current_rules, rule_history, save_mapping_rules
from cartage.mappings.rules import MethodRule, Rule, next_pattern_order
from cartage.operations.repo.jobs import JobKind
from cartage.validation.repo.suggestions import offered_ship_methods
from cartage_airflow.desk.access import AccessLevel, Seat, requires_access_form, requires_access_seat
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.mapping_forms import METHOD, lines_for_file, method_rule, sku_rule
from cartage_airflow.desk.pages import render
from cartage_airflow.desk.work_orders import start_work

router = APIRouter()
_HISTORY = 50
# How far back a change is tried, unless a person says otherwise.
_DAYS = 30

Admin = Annotated[Seat, Depends(requires_access_form(AccessLevel.ADMINISTER))]
Text = Annotated[str, Form(max_length=500)]
Seen = Annotated[str, Form(max_length=60)]
Days = Annotated[int, Form(ge=1, le=365)]


@router.get("/mappings", response_class=HTMLResponse)
def page(
    request: Request,
    seat: Annotated[Seat, Depends(requires_access_seat(AccessLevel.SEE))],
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> HTMLResponse:
    """The rules in force and to come, and their history a page at a time."""
    lane, in_ledger = seat.lane, seat.lane.mappings is MappingSource.LEDGER
    with reading() as connection:
        standing = current_rules(connection, lane.name) if in_ledger else []
        history = rule_history(connection, lane.name, before=before, size=_HISTORY + 1) if in_ledger else []
        offer = offered_ship_methods(connection, account_of(lane)) or []
    rules = [one.rule for one in standing] if in_ledger else list(mappings_in_file(lane).rules)
    return render(
        request,
        "mappings.html",
        seat=seat,
        in_ledger=in_ledger,
        methods=[rule for rule in rules if isinstance(rule, MethodRule)],
        skus=[rule for rule in rules if not isinstance(rule, MethodRule)],
        authors={one.rule: one for one in standing},
        history=history[:_HISTORY],
        next_before=history[_HISTORY - 1].id if len(history) > _HISTORY else None,
        offer=offer,
        matches=list(TextMatch),
        first=before is None,
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
    # PostgreSQL refuses NUL.
    store, method, other_method, sku = (one.replace("\x00", "") for one in (store, method, other_method, sku))
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
    step: Annotated[Literal["save", "preview"], Form()] = "save",
    days: Days = _DAYS,
) -> Response:
    """Try a rule on orders; or put it in force, and have all blocked orders judged by it at once."""
    if step == "preview":
        placed = await run_in_threadpool(_placed, seat, rule)
        wanted = {"put": [rule_document(placed)], "note": note.replace("\x00", ""), "days": days}
        return await start_work(request, seat, JobKind.PREVIEW_RULE, wanted)
    if seat.lane.mappings is not MappingSource.LEDGER:
        return render(request, "proposal.html", seat=seat, lines=lines_for_file(rule))
    await run_in_threadpool(_save, seat, rule, note, seen)
    return await start_work(request, seat, JobKind.RELEASE, {"store": rule.store})


@router.post("/drop_mapping")
async def drop(
    request: Request,
    seat: Admin,
    kind: Annotated[Literal["ship method", "pattern", "SKU"], Form()],
    text: Text,
    days: Days = _DAYS,
) -> Response:
    """Try on orders that the rule for a text ends. Saves nothing."""
    wanted = {"drop": [(kind, text.replace("\x00", ""))], "days": days}
    return await start_work(request, seat, JobKind.PREVIEW_RULE, wanted)


def _placed(seat: Seat, rule: Rule) -> Rule:
    """The rule with its place: a pattern is tried after all others."""
    if not isinstance(rule, MethodRule) or rule.match is not TextMatch.PATTERN:
        return rule
    if seat.lane.mappings is not MappingSource.LEDGER:
        return replace(rule, order=next_pattern_order(mappings_in_file(seat.lane).rules))
    with reading() as connection:
        standing = [rule.rule for rule in current_rules(connection, seat.lane.name)]
    return replace(rule, order=next_pattern_order(standing))


def _save(seat: Seat, rule: Rule, note: str, seen: str) -> None:
    change = MappingChange(put=(_placed(seat, rule),))
    try:
        with writing() as connection:
            save_mapping_rules(connection, seat.lane.name, change, author=seat.by.actor, note=note, seen=seen)
    except SettingsError as failure:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(failure)) from failure
