"""`cartage reconcile`: compare store, ledger and warehouse. Changes nothing but the list of differences."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName, cli_run
from cartage.cli.printing import show_json, show_table
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.reconciliation.reconcile import ReconciliationReport
    from cartage.reconciliation.repo.differences import Difference

log = logging.getLogger(__name__)

# The most rows that a terminal shows; --json, --csv and --xlsx have all.
_MOST_ROWS = 100
_SHOWN = ("id", "lane", "side", "kind", "key", "in_ledger", "on_side", "since", "owner", "fix")


def compare_lane(
    lane: LaneName,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=365, help="Days of past orders; without it: the lane's reconciliation.days."),
    ] = None,
    as_json: AsJson = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Also write this CSV file.", metavar="FILE")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", help="Also write this workbook.", metavar="FILE")
    ] = None,
) -> None:
    """Compare a lane's store, ledger and warehouse. Exit code 1 if something differs that nobody ignores.

    Writes nothing to store or warehouse. Uses only the share of the call budgets that backfills get.
    """
    from cartage.lanes import get_lane
    from cartage.reconciliation.reconcile import reconcile
    from cartage.runtime.context import open_lane

    found = get_lane(lane)
    with open_lane(found, cli_run("reconcile", background=True)) as context:
        report = reconcile(context, days=days)
    write_files(list(report.differences), csv, xlsx)
    if as_json:
        from cartage.reconciliation.tables import report_document

        show_json(report_document(report))
    else:
        _show(report)
    if report.heeded:
        raise typer.Exit(1)


def write_files(differences: list[Difference], csv: Path | None, xlsx: Path | None) -> None:
    """Write the differences into the files that are named."""
    from cartage.reconciliation import tables

    if csv is not None:
        # The byte order mark makes spreadsheets read it as UTF-8.
        csv.write_text(tables.differences_to_csv(differences), encoding="utf-8-sig")
        log.info("written: %s", csv)
    if xlsx is not None:
        xlsx.write_bytes(tables.differences_to_xlsx(differences))
        log.info("written: %s", xlsx)


def show_differences(differences: list[Difference], title: str) -> None:
    """Print differences as a table, as many as a terminal shows."""
    from cartage.reconciliation.tables import difference_row

    rows = [difference_row(each) for each in differences[:_MOST_ROWS]]
    show_table(_SHOWN, [[row[name] for name in _SHOWN] for row in rows], title=title)
    if len(differences) > _MOST_ROWS:
        typer.echo(f"... and {len(differences) - _MOST_ROWS} more: see --json, --csv or --xlsx.")


def _show(report: ReconciliationReport) -> None:
    counts, heeded = report.counts, report.heeded
    typer.echo(
        f"{report.lane}: compared {counts.get('store_orders', 0)} orders of the store, "
        f"{counts.get('ledger_orders', 0)} of the ledger and {counts.get('warehouse_orders', 0)} of the warehouse, "
        f"placed since {report.since:%Y-%m-%d %H:%M} UTC; {counts.get('in_flight', 0)} were still on their way."
    )
    for line in report.not_compared:
        typer.echo(f"Not compared: {line}")
    if heeded:
        show_differences(list(heeded), f"{report.lane}: {counted(len(heeded), 'difference')}")
    else:
        typer.echo("No differences.")
    if ignored := len(report.differences) - len(heeded):
        typer.echo(f"{ignored} more are ignored: cartage differences list --lane {report.lane} --ignored")
