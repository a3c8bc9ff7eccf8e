"""`cartage files preview` and `cartage files read`: what would be written, and what a sample would do. Read-only."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AsJson, LaneName, read_limited
from cartage.cli.orders.finding import OrderName, the_order
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from cartage.operations.views.file_preview import FilePreview
    from cartage.warehouses.files.samples import SampleReading
    from cartage.warehouses.files.settings import FilesSettings

# Rows of one kind that a person is shown; --json has all.
_MOST_ROWS = 50


def preview_files(
    lane: LaneName,
    order: OrderName,
    folder: Annotated[
        Path | None, typer.Option("--to", help="Write the files into this folder, byte for byte.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the file that would be written for an order of the ledger. Nothing is sent, and nothing is changed.

    Its number is 0: numbers are allotted when files are sent. Exit code 1 if the order cannot be written.
    """
    from cartage.operations.views.file_preview import orders_named, previewed

    settings = _settings(lane)
    with ledger_transaction() as connection:
        rows = orders_named(connection, lane, order) or orders_named(
            connection, lane, the_order(connection, [lane], order).order.reference
        )
    now = datetime.now(UTC)
    previews = [previewed(row, settings, now) for row in rows]
    if folder is not None:
        _write(previews, folder)
    elif as_json:
        show_json([_document(preview, settings) for preview in previews])
    else:
        for preview in previews:
            _show(preview, settings)
    if any(preview.document is None for preview in previews):
        raise typer.Exit(1)


def read_sample(
    lane: LaneName,
    file: Annotated[Path, typer.Argument(help="A file of the warehouse.", show_default=False)],
    name: Annotated[
        str, typer.Option("--name", help="Read it as if it had this name.", show_default=False)
    ] = "",
    released: Annotated[
        bool, typer.Option("--released", help="Read past what would put it into quarantine.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a file of the warehouse would do. Nothing is changed, and neither ledger nor warehouse is asked.

    Every row that cannot be read is named with its place. Exit code 1 if there is one, or if the file would be put into
    quarantine.
    """
    from cartage.warehouses.files.samples import read_sample as read

    settings = _settings(lane)
    content = read_limited(file, settings.largest_file, "FILE")
    found = read(settings, name or file.name, content, released=released)
    if as_json:
        show_json(found.document())
    else:
        _show_sample(found)
    if found.has_faults:
        raise typer.Exit(1)


def _settings(lane: str) -> FilesSettings:
    from cartage.errors import SettingsError
    from cartage.lanes import get_lane
    from cartage.warehouses.files.settings import FilesSettings

    warehouse = get_lane(lane).warehouse
    if warehouse.connector != "files":
        fix = f"  its connector is {warehouse.connector}. This command is for the connector files."
        raise SettingsError(f"lane {lane!r} exchanges no files", [fix])
    return FilesSettings.model_validate(warehouse.settings)


def _show(preview: FilePreview, settings: FilesSettings) -> None:
    """Print the content alone on standard output, and everything about it on standard error."""
    if preview.document is None:
        typer.echo(f"{preview.reference} ({preview.state}) cannot be written:", err=True)
        for problem in preview.problems:
            typer.echo(f"  {problem['message']}. {problem['fix']}", err=True)
        if preview.why:
            typer.echo(f"  {preview.why}", err=True)
        return
    size = len(preview.document.content)
    typer.echo(f"{preview.reference} ({preview.state}): {preview.document.name}, {size:,} bytes", err=True)
    typer.echo(settings.open_format().text(preview.document.content), nl=False)


def _write(previews: list[FilePreview], folder: Path) -> None:
    for preview in previews:
        if preview.document is not None:
            path = folder / preview.document.name
            path.write_bytes(preview.document.content)
            typer.echo(f"{preview.reference}: {path}")
        for problem in preview.problems:
            typer.echo(f"{preview.reference}: {problem['message']}. {problem['fix']}", err=True)


def _document(preview: FilePreview, settings: FilesSettings) -> dict[str, Any]:
    document = preview.document
    return {
        "reference": preview.reference,
        "state": preview.state,
        "file": document.name if document else None,
        "content": settings.open_format().text(document.content) if document else None,
        "problems": list(preview.problems),
        "why": preview.why,
    }


def _show_sample(found: SampleReading) -> None:
    typer.echo(f"{found.name}: {found.summary}")
    for section in found.sections:
        more = f", the first {_MOST_ROWS}" if len(section.rows) > _MOST_ROWS else ""
        title = f"{section.title}: {len(section.rows)}{more}"
        show_table(section.columns, section.rows[:_MOST_ROWS], title=title)
    for fault in found.faults:
        typer.echo(fault)
