"""`cartage mappings`: list, import, export and check the rules for ship methods and SKUs.

Where a lane keeps its rules in the lanes file, a change is printed as a patch of that file instead of being saved.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.mappings.edits import (
    Force,
    Note,
    check_warehouse,
    drop_rules,
    save_edits,
    set_rule,
    show_effect,
)
from cartage.cli.options import AsJson, LaneName, Person, cli_run, read_limited
from cartage.cli.printing import show_result
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.mappings.files import RulesFile
    from cartage.runtime.context import StageContext
    from cartage.validation.mapping_changes import RulesByWarehouse

app = typer.Typer(help="The mapping rules for ship methods and SKUs.", no_args_is_help=True)

OfWarehouse = Annotated[
    str,
    typer.Option(
        "--warehouse",
        help="The warehouse of rows that name none; --replace then replaces this one's own rules alone.",
        metavar="NAME",
    ),
]
RuleFile = Annotated[Path, typer.Argument(help="A CSV or XLSX file, as `export` writes it.", metavar="FILE")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Replace all rules: drop those that are not in the file.")
]


@app.callback()
def _group() -> None:
    """The mapping rules for ship methods and SKUs."""


@app.command(name="list")
def list_rules(
    lane: LaneName,
    history: Annotated[bool, typer.Option("--history", help="List every version, the newest first.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the lane's rules, including future ones. With --history, also who wrote and who ended each version."""
    from cartage.cli.mappings.tables import show_rules, show_versions
    from cartage.lanes import get_lane
    from cartage.mappings.lanes_file import every_mapping_in_file
    from cartage.mappings.repo import current_rules, rule_history

    found = get_lane(lane)
    if found.mappings == "files":
        if history:
            raise typer.BadParameter("the history of the lanes file is in git", param_hint="--history")
        show_rules(every_mapping_in_file(found).rules, f"{lane}: rules in the lanes file", as_json=as_json)
        return
    with ledger_transaction() as connection:
        versions = current_rules(connection, lane)
        if history:
            versions = rule_history(connection, lane, size=1000)
    show_versions(versions, lane, as_json=as_json)


@app.command(name="suggest")
def list_suggestions(lane: LaneName, as_json: AsJson = False) -> None:
    """List the ship methods and SKUs that block orders without a rule, with the warehouse's closest matches."""
    from cartage.cli.mappings.tables import show_fixable
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane
    from cartage.validation.suggest_fixes import FIXABLE, suggest_fixes
    from cartage.validation.views import cause_summaries

    with open_lane(get_lane(lane), cli_run("mappings")) as context:
        suggest_fixes(context, again=True)
        with context.ledger.begin() as connection:
            found = [
                blocking_stop
                for blocking_stop in cause_summaries(connection, lane)
                if blocking_stop.kind in FIXABLE
            ]
    show_fixable(found, lane, as_json=as_json)


@app.command(name="export")
def export_rules(
    lane: LaneName,
    to: Annotated[Path, typer.Argument(help="The file to write: .csv or .xlsx.", metavar="FILE")],
    warehouse: Annotated[
        str, typer.Option("--warehouse", help="Only this one's own rules.", metavar="NAME")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Write the lane's rules to a spreadsheet file that `import` can read. No cell is a formula."""
    from cartage.lanes import get_lane
    from cartage.mappings.files import MAPPING_COLUMNS, rules_to_rows
    from cartage.mappings.lanes_file import every_mapping_in_file
    from cartage.mappings.source import current_mappings
    from cartage.spreadsheets import rows_to_csv, rows_to_xlsx

    found = get_lane(lane)
    check_warehouse(lane, warehouse)
    if found.mappings == "files":
        rules = every_mapping_in_file(found).rules
    else:
        with ledger_transaction() as connection:
            rules = current_mappings(connection, found)
    if warehouse:
        rules = tuple(rule for rule in rules if rule.warehouse == warehouse)
    if to.suffix.lower() == ".xlsx":
        to.write_bytes(rows_to_xlsx(MAPPING_COLUMNS, rules_to_rows(rules), "mappings"))
    else:
        # The byte order mark makes spreadsheets read it as UTF-8.
        to.write_text(rows_to_csv(MAPPING_COLUMNS, rules_to_rows(rules)), encoding="utf-8-sig")
    show_result({"file": to, "rules": len(rules)}, f"{to}: {counted(len(rules), 'rule')}", as_json=as_json)


@app.command(name="check")
def check_rules_file(
    lane: LaneName,
    file: RuleFile,
    replace: Replace = False,
    warehouse: OfWarehouse = "",
    force: Force = "",
    as_json: AsJson = False,
) -> None:
    """Show what an import of this file would change, and which waiting orders it would release or change.

    Rows with mistakes are left out, and named at the end; then the exit code is 1.
    """
    from cartage.lanes import get_lane
    from cartage.mappings.changes import MappingChange
    from cartage.runtime.context import open_lane

    with open_lane(get_lane(lane), cli_run("mappings")) as context:
        found = _rules_in(context, file, force, of=warehouse)
        change = MappingChange(found.rules, whole=replace, forced=force, of=warehouse or None)
        show_effect(context, change, as_json=as_json, mistakes=found.mistakes)
    found.all_rules()


@app.command(name="import")
def import_rules(
    lane: LaneName,
    file: RuleFile,
    by: Person,
    replace: Replace = False,
    warehouse: OfWarehouse = "",
    note: Note = "",
    force: Force = "",
    into_ledger: Annotated[
        bool,
        typer.Option(
            "--into-ledger",
            help="Import into the ledger although the lane still uses the lanes file: before it switches.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import the rules of this file, all or none, after showing what changes."""
    from cartage.lanes import get_lane
    from cartage.mappings.changes import MappingChange
    from cartage.runtime.context import open_lane

    with open_lane(get_lane(lane), cli_run("mappings")) as context:
        rules = _rules_in(context, file, force, of=warehouse, into_ledger=into_ledger).all_rules()
    change = MappingChange(rules, whole=replace, forced=force, of=warehouse or None)
    save_edits(
        lane, change, by, note or f"imported from {file.name}", into_ledger=into_ledger, as_json=as_json
    )


app.command(name="set")(set_rule)
app.command(name="drop")(drop_rules)


@app.command(name="backtest")
def show_backtest(
    lane: LaneName,
    file: Annotated[
        Path | None, typer.Option(help="A mappings file to try, as for `import`.", metavar="FILE")
    ] = None,
    lanes_file: Annotated[
        Path | None, typer.Option(help="A lanes file with the lane's rules to try.", metavar="FILE")
    ] = None,
    replace: Replace = False,
    warehouse: OfWarehouse = "",
    force: Force = "",
    days: Annotated[int, typer.Option(min=1, max=365, help="Try the orders of this many past days.")] = 30,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write every order that would differ to this CSV file.", metavar="FILE"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which recent orders other rules would have treated differently, and how. Changes nothing.

    Rows of a mappings file that have mistakes are left out, and named at the end; then the exit code is 1.
    """
    from cartage.cli.mappings.tables import show_comparison, write_differences
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane
    from cartage.validation.compare_rules import Comparison
    from cartage.validation.mapping_changes import backtest_change

    if (file is None) == (lanes_file is None):
        raise typer.BadParameter(
            "give either a mappings file or a lanes file", param_hint="--file / --lanes-file"
        )
    with open_lane(get_lane(lane), cli_run("mappings")) as context:
        tried_file = _rules_in(context, file, force, of=warehouse) if file else None
        rules = _rules_to_try(context, tried_file, lanes_file, replace=replace, force=force, of=warehouse)
        found = Comparison()
        write_differences(backtest_change(context, rules, days, found), found, csv)
    show_comparison(
        found, f"{lane}: {counted(found.validated, 'order')} of the last {days} days", as_json=as_json
    )
    if tried_file:
        tried_file.all_rules()


def _rules_to_try(
    context: StageContext,
    file: RulesFile | None,
    lanes_file: Path | None,
    *,
    replace: bool,
    force: str,
    of: str,
) -> RulesByWarehouse:
    from cartage.lanes import get_lane
    from cartage.mappings.changes import MappingChange
    from cartage.validation.mapping_changes import propose_mapping_change, rules_of_lanes_file

    if file is not None:
        change = MappingChange(file.rules, whole=replace, forced=force, of=of or None)
        return propose_mapping_change(context, change).at
    return rules_of_lanes_file(context, get_lane(context.lane.name, lanes_file))


def _rules_in(
    context: StageContext, file: Path, force: str, *, of: str = "", into_ledger: bool = False
) -> RulesFile:
    """Return what the file says to this lane; print what its author should know besides mistakes."""
    from cartage.spreadsheets import MOST_BYTES
    from cartage.validation.mapping_changes import read_lane_rules

    check_warehouse(context.lane.name, of)
    content = read_limited(file, MOST_BYTES, "FILE")
    found = read_lane_rules(context, content, str(file), of=of, forced=force, into_ledger=into_ledger)
    for note in found.notes:
        typer.echo(f"{file}: {note}", err=True)
    return found
