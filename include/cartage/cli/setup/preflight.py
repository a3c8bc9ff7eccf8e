"""`cartage preflight`: check store, warehouse and settings before orders depend on them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AsJson, LaneName, cli_run
from cartage.cli.printing import show_json, show_table
from cartage.errors import CartageError

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.preflight.findings import Section
    from cartage.preflight.world import PreflightWorld

log = logging.getLogger(__name__)

# The most rows that a terminal shows; --json, --csv and --xlsx have all.
_MOST_ROWS = 100


def check_lane(
    lane: LaneName,
    section: Annotated[
        list[str] | None, typer.Option("--section", "-s", help="Only this section; repeatable.")
    ] = None,
    as_json: AsJson = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Also write <section>.csv into this folder.", metavar="DIR")
    ] = None,
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", help="Also write a workbook with a sheet per section.", metavar="FILE"),
    ] = None,
) -> None:
    """Check a lane's store and warehouse before orders depend on them. Exit code 1 if there is a mistake.

    Read-only. Uses only the share of the store's call budget that backfills get.
    """
    from cartage.lanes import get_lane

    sections = list(_sections(get_lane(lane), _named(section)))
    _write(sections, csv, xlsx)
    if as_json:
        from cartage.preflight.tables import section_document

        show_json([section_document(section) for section in sections])
    else:
        for found in sections:
            _show(found)
    if any(section.mistakes for section in sections):
        raise typer.Exit(1)


def _named(wanted: Sequence[str] | None) -> Sequence[str]:
    from cartage.preflight import SECTION_NAMES

    unknown = [name for name in wanted or () if name not in SECTION_NAMES]
    if unknown:
        message = f"no section {unknown[0]!r}; sections: {', '.join(SECTION_NAMES)}"
        raise typer.BadParameter(message, param_hint="--section")
    return [name for name in SECTION_NAMES if not wanted or name in wanted]


def _sections(lane: Lane, names: Sequence[str]) -> Iterator[Section]:
    from cartage.preflight.world import PreflightWorld
    from cartage.runtime.context import open_lane

    with open_lane(lane, cli_run("preflight", background=True)) as context:
        world = PreflightWorld(context)
        for name in names:
            yield _section(name, world)


def _section(name: str, world: PreflightWorld) -> Section:
    """Run one section. A failure is a mistake of this section and does not stop the next."""
    from cartage.preflight import failed_section, run_section

    try:
        return run_section(name, world)
    except CartageError as failure:
        return failed_section(name, failure)


def _write(sections: Sequence[Section], csv: Path | None, xlsx: Path | None) -> None:
    from cartage.preflight import tables

    if csv:
        for file in tables.write_csv(sections, csv):
            log.info("written: %s", file)
    if xlsx:
        tables.write_xlsx(sections, xlsx)
        log.info("written: %s", xlsx)


def _show(section: Section) -> None:
    wrong = section.wrong
    if not wrong:
        typer.echo(section.line)
        return
    rows = [
        (finding.result.value, finding.subject, finding.what, finding.fix) for finding in wrong[:_MOST_ROWS]
    ]
    show_table(("result", "subject", "what is wrong", "fix"), rows, title=section.line)
    if len(wrong) > _MOST_ROWS:
        typer.echo(f"... and {len(wrong) - _MOST_ROWS} more: see --json, --csv or --xlsx.")
