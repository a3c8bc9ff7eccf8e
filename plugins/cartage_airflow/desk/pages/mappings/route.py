"""The page of a lane's mappings: current rules, their history, and forms that preview a change before it is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from cartage.errors import SettingsError
from cartage.lanes.account import accounts_of
from cartage.lanes.settings.mappings import MappingSource, TextMatch
from cartage.mappings.changes import MappingChange
from cartage.mappings.documents import rule_document
from cartage.mappings.lanes_file import every_mapping_in_file
from cartage.mappings.listing import SHOWN, RulePage, rules_among, rules_in_ledger
from cartage.mappings.repo import current_rules, offers_of, rule_history, save_mapping_rules
from cartage.mappings.rules import MethodRule, Rule, next_pattern_order
from cartage.mappings.services import refuse_unoffered
from cartage.operations.repo.jobs import JobKind
from cartage.warehouses.repo.offers import offered_ship_methods
from cartage_airflow.desk.access import CanMap, CanSee, LaneAccess
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.mapping_forms import METHOD, lines_for_file, method_rule, sku_rule
from cartage_airflow.desk.pages.mappings.warehouse import known_warehouse
from cartage_airflow.desk.parameters import FormText, PageId, storable
from cartage_airflow.desk.rendering import render
from cartage_airflow.desk.start_job import start_job

router = APIRouter()
_HISTORY = 50
# How far back a preview looks, unless a person chooses otherwise.
_DAYS = 30

Days = Annotated[int, Form(ge=1, le=365)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/mappings", response_class=HTMLResponse)
def show_mappings(
    request: Request,
    access: CanSee,
    find: Annotated[str, Query(max_length=200)] = "",
    methods: PageNumber = 1,
    skus: PageNumber = 1,
    before: PageId = None,
) -> HTMLResponse:
    """Show current and future rules that contain a text, and their history, each page by page."""
    lane, in_ledger = access.lane, access.lane.mappings is MappingSource.LEDGER
    wanted = storable(find).strip()
    with reading() as connection:
        pages = {
            kind: _rules(connection, access, kind, wanted, number)
            for kind, number in (("ship_method", methods), ("sku", skus))
        }
        history = rule_history(connection, lane.name, before=before, size=_HISTORY + 1) if in_ledger else []
        accounts = accounts_of(lane)
        offered = {name: offered_ship_methods(connection, own) or [] for name, own in accounts.items()}
        offers = offers_of(connection, accounts)
    return render(
        request,
        "mappings/template.html",
        access=access,
        in_ledger=in_ledger,
        find=wanted,
        methods=pages["ship_method"],
        skus=pages["sku"],
        shown=SHOWN,
        history=history[:_HISTORY],
        next_before=history[_HISTORY - 1].id if len(history) > _HISTORY else None,
        offered=list(dict.fromkeys(method for own in offered.values() for method in own)),
        offers=offers,
        matches=list(TextMatch),
        first=before is None,
    )


def _rules(connection: Connection, access: LaneAccess, kind: str, find: str, number: int) -> RulePage:
    """Return a page of the lane's rules of a kind, wherever the lane keeps them."""
    if access.lane.mappings is MappingSource.LEDGER:
        return rules_in_ledger(connection, access.lane.name, kind, find=find, number=number)
    mappings = every_mapping_in_file(access.lane)
    return rules_among(mappings.methods if kind == METHOD else mappings.skus, find=find, number=number)


def rule_in_form(
    kind: Annotated[Literal["ship_method", "sku"], Form()],
    store: FormText,
    method: FormText = "",
    other_method: FormText = "",
    match: Annotated[TextMatch, Form()] = TextMatch.NORMALISED,
    sku: FormText = "",
    quantity: Annotated[int, Form(ge=1, le=1_000_000)] = 1,
    warehouse: Annotated[str, Depends(known_warehouse)] = "",
) -> Rule:
    """Return the rule that a form describes; a method that was typed wins over one that was chosen."""
    store, method, other_method, sku = (storable(text) for text in (store, method, other_method, sku))
    try:
        if kind == METHOD:
            return method_rule(store, other_method.strip() or method, match=match, warehouse=warehouse)
        return sku_rule(store, sku, quantity, warehouse=warehouse)
    except SettingsError as failure:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(failure)) from failure


@router.post("/mappings")
async def put_rule(
    request: Request,
    access: CanMap,
    rule: Annotated[Rule, Depends(rule_in_form)],
    note: FormText = "",
    forced: FormText = "",
    seen: Annotated[str, Form(max_length=60)] = "",
    step: Annotated[Literal["save", "preview"], Form()] = "save",
    days: Days = _DAYS,
) -> Response:
    """Preview a rule on orders; or save it and validate all blocked orders by it at once."""
    if step == "preview":
        placed = await run_in_threadpool(_with_place, access, rule)
        wanted = {
            "put": [rule_document(placed)],
            "note": storable(note),
            "forced": storable(forced),
            "days": days,
        }
        return await start_job(request, access, JobKind.PREVIEW_RULE, wanted)
    if access.lane.mappings is not MappingSource.LEDGER:
        if not forced.strip():
            await run_in_threadpool(_refuse_unoffered, access, rule)
        return render(request, "mappings/proposal.html", access=access, lines=lines_for_file(rule))
    change = MappingChange(put=(await run_in_threadpool(_with_place, access, rule),), forced=storable(forced))
    await run_in_threadpool(_save, access, change, note, seen)
    return await start_job(request, access, JobKind.RELEASE, {"store": rule.store})


@router.post("/drop_mapping")
async def preview_drop(
    request: Request,
    access: CanMap,
    kind: Annotated[Literal["ship method", "pattern", "SKU"], Form()],
    text: FormText,
    warehouse: Annotated[str, Depends(known_warehouse)] = "",
    days: Days = _DAYS,
) -> Response:
    """Preview on orders what dropping the rule for a text does. Saves nothing."""
    wanted = {"drop": [(kind, storable(text), warehouse)], "days": days}
    return await start_job(request, access, JobKind.PREVIEW_RULE, wanted)


def _with_place(access: LaneAccess, rule: Rule) -> Rule:
    """Return the rule with its place: a new pattern is tried after all others."""
    if not isinstance(rule, MethodRule) or rule.match is not TextMatch.PATTERN:
        return rule
    if access.lane.mappings is not MappingSource.LEDGER:
        return replace(rule, order=next_pattern_order(every_mapping_in_file(access.lane).rules))
    with reading() as connection:
        current = [saved.rule for saved in current_rules(connection, access.lane.name)]
    return replace(rule, order=next_pattern_order(current))


def _refuse_unoffered(access: LaneAccess, rule: Rule) -> None:
    with reading() as connection:
        offers = offers_of(connection, accounts_of(access.lane))
    try:
        refuse_unoffered([rule], offers)
    except SettingsError as failure:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(failure)) from failure


def _save(access: LaneAccess, change: MappingChange, note: str, seen: str) -> None:
    try:
        with writing() as connection:
            save_mapping_rules(
                connection,
                access.lane.name,
                change,
                author=access.by.actor,
                note=storable(note),
                seen=seen,
                accounts=accounts_of(access.lane),
            )
    except SettingsError as failure:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(failure)) from failure
