"""`cartage report`: how the lanes did over days, weeks and months."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, at_warehouse, chosen_lanes
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import opened_ledger

if TYPE_CHECKING:
    from cartage.reports.figures import Report
    from cartage.reports.tables import ReportTable


def show_report(
    lane: AnyLane = "",
    days: Annotated[int, typer.Option(min=1, max=3_660, help="Length of the period in days.")] = 30,
    until: Annotated[
        str, typer.Option(help="Last day, e.g. 2026-03-31, by the store's clock. Default: today.")
    ] = "",
    warehouse: Annotated[
        str,
        typer.Option(
            "--warehouse",
            help="Only this one of a lane's several warehouses.",
            metavar="NAME",
            show_default=False,
        ),
    ] = "",
    as_json: AsJson = False,
    csv: Annotated[
        Path | None, typer.Option(help="Folder to write a CSV file to for each table.", file_okay=False)
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option(help="Workbook to write, with a sheet for each table.", dir_okay=False)
    ] = None,
) -> None:
    """Show throughput, times, the promise, causes, exceptions and cancels of one lane or of all.

    It refreshes the figures first. An order that several warehouses ship counts once for its lane, and with
    `--warehouse` its part at that one. Files have times in seconds, and shares from 0 to 1.
    """
    from cartage.reports.tables import tables_of

    found = _read(lane, warehouse, days, _day(until))
    tables = tables_of(found)
    if csv is not None:
        _write_csv(csv, tables)
    if xlsx is not None:
        _write_xlsx(xlsx, tables)
    if as_json:
        show_json(_document(found, warehouse, tables))
    elif csv is None and xlsx is None:
        for table in tables:
            show_table(table.headings, list(table.shown()), title=table.title)
        typer.echo(f"{found.period.since} to {found.period.until}, as of {found.as_of:%F %H:%M} UTC.")


def _read(lane: str, warehouse: str, days: int, until: date | None) -> Report:
    from cartage.lanes import valid_lanes
    from cartage.reports.figures import read_report
    from cartage.reports.period import Period, today
    from cartage.reports.rollup import refresh_reports

    lanes = at_warehouse(chosen_lanes(lane), warehouse) if warehouse else chosen_lanes(lane)
    with opened_ledger() as ledger:
        refresh_reports(ledger, valid_lanes())
        now = ledger.now()
        last = until or today((chosen.store.zone() for chosen in lanes), now)
        with ledger.begin() as connection:
            return read_report(connection, lanes, Period.last(days, last), now)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        message = f"{text!r} is not a day; write for example 2026-03-31"
        raise typer.BadParameter(message, param_hint="--until") from None


def _document(found: Report, warehouse: str, tables: list[ReportTable]) -> dict[str, object]:
    return {
        "since": found.period.since,
        "until": found.period.until,
        "as_of": found.as_of,
        "lanes": list(found.lanes),
        "warehouse": warehouse,
        "tables": {table.name: table.documents() for table in tables},
    }


def _write_csv(folder: Path, tables: list[ReportTable]) -> None:
    from cartage.reports.files import report_csv

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in tables:
            (folder / f"{table.name}.csv").write_text(report_csv(table), encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{folder}: {error.strerror}", param_hint="--csv") from None
    typer.echo(f"{len(tables)} tables written to {folder}.", err=True)


def _write_xlsx(path: Path, tables: list[ReportTable]) -> None:
    from cartage.reports.files import tables_to_xlsx

    try:
        path.write_bytes(tables_to_xlsx(tables))
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--xlsx") from None
    typer.echo(f"{len(tables)} tables written to {path}.", err=True)
