"""`cartage lanes`: check the lanes file, list its lanes, and write the schema and the manual of its settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson
from cartage.cli.printing import show_json, show_result, show_table
from cartage.cli.setup.orphaned import orphaned_lines
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

app = typer.Typer(help="Check and list the lanes of this deployment.", no_args_is_help=True)

File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        help="The lanes file, or a folder of such files; default: CARTAGE_LANES_FILE, else the deployment's.",
    ),
]


@app.command(name="check")
def check_lanes(
    file: File = None,
    ledger: Annotated[
        bool,
        typer.Option(
            "--ledger/--no-ledger",
            help="Also look in the ledger, if one is configured, for orphaned lanes with open orders.",
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Print every mistake and warning in the lanes file, with its line and fix. Exit code 1 on a mistake."""
    from cartage.lanes import load_lanes

    found = load_lanes(file)
    lines = found.mistake_lines()
    # If the file cannot be read, its lanes are unknown, not orphaned.
    if ledger and found.names:
        lines += orphaned_lines(found)
    warnings = found.warning_lines()
    document = {"path": found.path, "mistakes": lines, "warnings": warnings, "valid": list(found.lanes)}
    if as_json or lines or warnings:
        show_result(document, "\n".join([*lines, *warnings]), as_json=as_json)
    valid = ", ".join(found.lanes) or "none"
    typer.echo(
        f"{found.path}: {counted(len(lines), 'mistake')}, {counted(len(warnings), 'warning')}; "
        f"valid lanes: {valid}",
        err=True,
    )
    if lines:
        raise typer.Exit(1)


@app.command(name="list")
def list_lanes(file: File = None, as_json: AsJson = False) -> None:
    """List the valid lanes."""
    from cartage.lanes import load_lanes

    found = load_lanes(file)
    if as_json:
        show_json([lane.model_dump(mode="json") for lane in found.lanes.values()])
        return
    show_table(
        ("lane", "store", "import status", "time zone", "live since", "warehouse", "orders", "shipments"),
        [
            (
                lane.name,
                lane.store.connection,
                lane.store.import_status,
                lane.store.time_zone,
                lane.store.go_live,
                "; ".join(map(_warehouse_text, lane.views())),
                lane.schedules.orders,
                lane.schedules.shipments,
            )
            for lane in found.lanes.values()
        ],
    )
    if found.mistakes:
        typer.echo(f"{counted(len(found.mistakes), 'mistake')}: run `cartage lanes check`.", err=True)


def _warehouse_text(view: Lane) -> str:
    """Return a warehouse as `extensiv (extensiv_main)`; one of several has its name before it."""
    named = f"{view.warehouse_name}: " if view.warehouse_name else ""
    return f"{named}{view.warehouse.connector} ({view.warehouse.connection})"


@app.command(name="schema")
def print_schema(
    write: Annotated[Path | None, typer.Option(help="Write it to this file instead of printing it.")] = None,
) -> None:
    """Print the JSON schema of the lanes file, for editors."""
    from cartage.lanes.schema import json_schema_text

    if write is None:
        typer.echo(json_schema_text(), nl=False)
    else:
        write.write_text(json_schema_text(), encoding="utf-8")


@app.command(name="manual")
def print_manual(
    write: Annotated[
        Path | None, typer.Option(help="Update the settings in this page, between its markers.")
    ] = None,
) -> None:
    """Print every setting with its default and meaning, as Markdown."""
    from cartage.lanes.manual import settings_manual, with_settings

    if write is None:
        typer.echo(settings_manual())
    else:
        write.write_text(with_settings(write.read_text(encoding="utf-8")), encoding="utf-8")
