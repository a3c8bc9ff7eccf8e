"""`cartage mappings set` and `drop`, and how a change of rules is previewed and saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName, Person, by_person, cli_run, read_time
from cartage.cli.printing import show_json, show_result
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from cartage.mappings.changes import MappingChange
    from cartage.mappings.rules import Mappings, Part, Rule
    from cartage.runtime.context import StageContext
    from cartage.spreadsheets import BadRow

Note = Annotated[str, typer.Option(help="Why; recorded with the rule.")]
Force = Annotated[
    str,
    typer.Option(
        "--force",
        help="Accept carriers and services that the warehouse does not offer: the reason, recorded with the rules.",
        metavar="REASON",
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option("--from", parser=read_time, help="Valid from this time (UTC).", metavar="TIME"),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", parser=read_time, help="Valid until this time (UTC).", metavar="TIME"),
]
Warehouse = Annotated[
    str,
    typer.Option(
        "--warehouse",
        help="Of a lane with several warehouses: the one whose own rule it is. Default: all of them.",
        metavar="NAME",
    ),
]
_ITEM = re.compile(r"(?:(\d+)\s*x\s+)?(.+)", re.DOTALL)


def set_rule(  # noqa: PLR0913, PLR0917 - options of a command
    lane: LaneName,
    by: Person,
    method: Annotated[
        str, typer.Option(help="The store's ship method, or a pattern with --match pattern.")
    ] = "",
    carrier: Annotated[str, typer.Option(help="The warehouse's carrier.")] = "",
    service: Annotated[str, typer.Option(help="The carrier's service.")] = "",
    billing: Annotated[str, typer.Option(help="Who pays the carrier.")] = "",
    account: Annotated[str, typer.Option(help="Carrier account to bill.")] = "",
    scac: Annotated[str, typer.Option(help="The carrier's SCAC code.")] = "",
    match: Annotated[str, typer.Option(help="exact, normalised or pattern.")] = "normalised",
    order: Annotated[
        int, typer.Option(min=0, help="For a pattern: the lowest matching order wins. Default: last.")
    ] = 0,
    sku: Annotated[str, typer.Option(help="The store's SKU.")] = "",
    item: Annotated[
        list[str] | None, typer.Option(help="The warehouse's SKU, or '6 x SKU'; repeatable, for a kit.")
    ] = None,
    since: Since = None,
    until: Until = None,
    warehouse: Warehouse = "",
    note: Note = "",
    force: Force = "",
    as_json: AsJson = False,
) -> None:
    """Map one ship method (--method, --carrier), or one SKU (--sku, --item)."""
    from cartage.lanes.settings.mappings import TextMatch
    from cartage.mappings.changes import MappingChange
    from cartage.mappings.rules import MethodRule, SkuRule
    from cartage.model.orders import ShipMethod

    check_warehouse(lane, warehouse)
    if bool(method) == bool(sku):
        raise typer.BadParameter("give either a ship method or a SKU", param_hint="--method / --sku")
    if match not in set(TextMatch):
        raise typer.BadParameter(f"write one of {', '.join(TextMatch)}", param_hint="--match")
    if method and not carrier:
        raise typer.BadParameter("give the warehouse's carrier", param_hint="--carrier")
    if sku and not item:
        raise typer.BadParameter("give the warehouse's SKU", param_hint="--item")
    if sku:
        rule: Rule = SkuRule(sku, tuple(_part(text) for text in item or ()), since, until, warehouse)
    else:
        how = TextMatch(match)
        place = order or (_next_order(lane) if how is TextMatch.PATTERN else 0)
        target = ShipMethod(carrier, service, billing, account, scac)
        rule = MethodRule(method, target, how, place, since, until, warehouse)
    save_edits(lane, MappingChange((rule,), forced=force), by, note, as_json=as_json)


def drop_rules(
    lane: LaneName,
    by: Person,
    method: Annotated[str, typer.Option(help="Drop the rule of this ship method.")] = "",
    pattern: Annotated[str, typer.Option(help="Drop this pattern.")] = "",
    sku: Annotated[str, typer.Option(help="Drop the rule of this SKU.")] = "",
    warehouse: Warehouse = "",
    as_json: AsJson = False,
) -> None:
    """Drop rules. Orders that need them are blocked from the next run on. The rules stay in the history."""
    from cartage.lanes.settings.mappings import TextMatch
    from cartage.mappings.changes import MappingChange
    from cartage.mappings.rules import MethodRule, SkuRule
    from cartage.model.orders import ShipMethod

    check_warehouse(lane, warehouse)
    none = ShipMethod("")
    named = (
        (method, MethodRule(method, none, warehouse=warehouse).key),
        (pattern, MethodRule(pattern, none, TextMatch.PATTERN, warehouse=warehouse).key),
        (sku, SkuRule(sku, (), warehouse=warehouse).key),
    )
    keys = tuple(key for text, key in named if text)
    if not keys:
        raise typer.BadParameter(
            "give a ship method, a pattern or a SKU", param_hint="--method / --pattern / --sku"
        )
    save_edits(lane, MappingChange(drop=keys), by, "", as_json=as_json)


def check_warehouse(lane: str, name: str) -> None:
    """Accept a warehouse of the lane, or none.

    Raises:
        BadParameter: if the lane has no such warehouse.
    """
    from cartage.lanes import get_lane

    if name and name not in (names := get_lane(lane).warehouse_names()):
        known = ", ".join(filter(None, names))
        text = (
            f"lane {lane} has no warehouse {name!r}; it has {known}"
            if known
            else f"lane {lane} has one warehouse"
        )
        raise typer.BadParameter(text, param_hint="--warehouse")


def save_edits(
    lane: str, change: MappingChange, by: str, note: str, *, into_ledger: bool = False, as_json: bool = False
) -> None:
    """Show what the change does, then save it. If the rules are in the lanes file, print a patch of it instead.

    As JSON, what it does goes to standard error, and the result to standard output.
    """
    from cartage.lanes import get_lane, lanes_path
    from cartage.runtime.context import open_lane
    from cartage.validation.mapping_changes import patch_lanes_file, save_mapping_change

    who, found = by_person(by, "mappings"), get_lane(lane)
    as_patch = found.mappings == "files" and not into_ledger
    with open_lane(found, cli_run("mappings")) as context:
        then = show_effect(context, change, to_stderr=as_patch or as_json, into_ledger=into_ledger)
        if as_patch:
            # Only the patch goes to stdout, so that it can be piped to `git apply` or sent to a reviewer.
            patch = patch_lanes_file(lanes_path(), found, then)
            if as_json:
                show_json({"lane": lane, "saved": False, "patch": patch})
            else:
                typer.echo(patch, nl=False)
            return
        save_mapping_change(context, change, author=who.actor, note=note, into_ledger=into_ledger)
    when = "once it has `mappings: ledger`" if found.mappings == "files" else "from its next run on"
    text = f"Saved, by {who.actor}. The lane uses it {when}."
    show_result({"lane": lane, "saved": True, "by": who.actor}, text, as_json=as_json)


def show_effect(
    context: StageContext,
    change: MappingChange,
    *,
    as_json: bool = False,
    to_stderr: bool = False,
    into_ledger: bool = False,
    mistakes: Sequence[BadRow] = (),
) -> Mappings:
    """Show what the change does to rules and waiting orders. Return the rules after the change.

    `mistakes` are those of a file's rows that are not part of the change.
    """
    from cartage.cli.mappings.tables import show_preview
    from cartage.validation.mapping_changes import preview_mapping_change, propose_mapping_change

    proposal = propose_mapping_change(context, change, into_ledger=into_ledger)
    orders = preview_mapping_change(context, proposal)
    show_preview(
        proposal.plan, orders, context.lane.name, as_json=as_json, to_stderr=to_stderr, mistakes=mistakes
    )
    return proposal.then


def _part(text: str) -> Part:
    from cartage.mappings.rules import Part

    found = _ITEM.fullmatch(text.strip())
    if found is None or found[1] == "0":
        raise typer.BadParameter(f"{text!r} is not an item; write SKU or '6 x SKU'", param_hint="--item")
    return Part(found[2].strip(), int(found[1] or 1))


def _next_order(lane: str) -> int:
    from cartage.lanes import get_lane
    from cartage.mappings.lanes_file import every_mapping_in_file
    from cartage.mappings.repo import current_rules
    from cartage.mappings.rules import next_pattern_order

    found = get_lane(lane)
    if found.mappings == "files":
        return next_pattern_order(every_mapping_in_file(found).rules)
    with ledger_transaction() as connection:
        return next_pattern_order(rule.rule for rule in current_rules(connection, lane))
