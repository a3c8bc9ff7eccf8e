"""`cartage cutover`: move from the old system to Cartage, order by order. Changes only the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName, cli_run, read_limited
from cartage.cli.printing import show_json, show_table
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext

Statuses = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        help="Also list orders in this status (id or label) that the warehouse has; repeatable.",
    ),
]
Write = Annotated[
    Path | None, typer.Option(help="Write the list to this CSV file, to record your decisions in.")
]
Apply = Annotated[Path | None, typer.Option(help="Carry out the decisions in this file (CSV or XLSX).")]
Person = Annotated[str, typer.Option("--by", help="Your name; recorded on each order's timeline.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --apply: only check and count.")]

_SHOWN = ("order_id", "invoice", "status", "placed_at", "old_reference", "at_warehouse", "decision", "why")


def cut_over(
    lane: LaneName,
    status: Statuses = None,
    write: Write = None,
    apply: Apply = None,
    by: Person = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """List the orders that the old system may still ship, and carry out the decision for each.

    Decisions: keep (never imported), adopt (tracked under its number at the warehouse, and its tracking is posted),
    import (imported like any other order). Without --apply, nothing changes.
    """
    if apply is not None and not by:
        raise typer.BadParameter("give your name: --by NAME", param_hint="--by")
    if apply is not None and write is not None:
        raise typer.BadParameter("give either --write or --apply", param_hint="--write")
    from cartage.lanes import get_lane
    from cartage.runtime.context import open_lane

    with open_lane(get_lane(lane), cli_run("cutover")) as context:
        if apply is not None:
            _apply(context, apply, by, dry_run=dry_run, as_json=as_json)
        else:
            _list(context, status or [], write, as_json=as_json)


def _list(context: StageContext, statuses: list[str], write: Path | None, *, as_json: bool) -> None:
    from cartage.cutover.file import cutover_row, cutover_to_csv
    from cartage.cutover.survey import survey_cutover

    found = survey_cutover(context, _ids(context, statuses))
    rows = [cutover_row(listed, context.statuses.name(listed.order.status_id)) for listed in found.listed]
    if write is not None:
        # The byte order mark makes spreadsheets read it as UTF-8.
        write.write_text(cutover_to_csv(rows), encoding="utf-8-sig")
        typer.echo(
            f"{write}: {counted(len(rows), 'row')}. Edit the decisions in the last column, then: "
            f"--apply {write} --by NAME"
        )
    elif as_json:
        show_json(rows)
    else:
        title = f"{context.lane.name}: orders with suggested decisions"
        show_table(_SHOWN, [[row[name] for name in _SHOWN] for row in rows], title=title)


def _ids(context: StageContext, statuses: list[str]) -> list[int]:
    """Return the store's ids of statuses given by id or label."""
    from cartage.storefront.order_statuses import find_status

    named = [int(status) if status.strip().isdecimal() else status for status in statuses]
    table = context.store.order_statuses() if any(isinstance(status, str) for status in named) else ()
    found = [find_status(status, table) for status in named]
    for wrong in (result for result in found if isinstance(result, str)):
        raise typer.BadParameter(wrong, param_hint="--status")
    return [result for result in found if isinstance(result, int)]


def _apply(context: StageContext, path: Path, by: str, *, dry_run: bool, as_json: bool) -> None:
    from cartage.cutover.execute import execute_cutover
    from cartage.cutover.file import read_cutover_file
    from cartage.cutover.plan import plan_cutover
    from cartage.lifecycle.transitions import By
    from cartage.spreadsheets import MOST_BYTES

    choices = read_cutover_file(read_limited(path, MOST_BYTES, "--apply"), str(path))
    planned = plan_cutover(context, choices, str(path))
    if not dry_run:
        execute_cutover(context, planned, By(by, context.run.id))
    if as_json:
        show_json(planned.counts)
    else:
        title = f"{context.lane.name}: {'what the cutover would do' if dry_run else 'the cutover'}"
        show_table(("decision", "orders"), list(planned.counts.items()), title=title)
