"""`cartage coverage`: which time a lane has imported, the gaps, and the commands that fill them. Read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, chosen_lanes, read_time
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import opened_ledger
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.intake.coverage.report import CoverageHistory


# Days of the month, above the marks.
_RULER = "1   5    10   15   20   25   30"


def show_coverage(
    lane: AnyLane = "",
    since: Annotated[
        str | None,
        typer.Option(help="Start (ISO 8601; UTC if it has no offset). Default: the lane's go-live."),
    ] = None,
    as_json: AsJson = False,
    fail_on_gaps: Annotated[
        bool, typer.Option("--fail-on-gaps", help="Exit code 1 if there is a gap.")
    ] = False,
) -> None:
    """Show which time since go-live was imported, failed or is missing, and how to fill the gaps.

    Where a sweep alone has read, open orders are imported, and what was closed before is not known.
    JSON of all lanes is a list.
    """
    from cartage.intake.coverage.report import coverage_history

    lanes = chosen_lanes(lane)
    start = read_time(since) if since else None
    with opened_ledger() as ledger:
        now = ledger.now()
        with ledger.begin() as connection:
            histories = [coverage_history(connection, found, now, since=start) for found in lanes]
    if as_json:
        documents = [history.document() for history in histories]
        show_json(documents[0] if lane else documents)
    else:
        for history in histories:
            _show(history)
    if fail_on_gaps and any(history.gaps for history in histories):
        raise typer.Exit(1)


def _show(history: CoverageHistory) -> None:
    from cartage.intake.coverage.calendar import DayState, length_text
    from cartage.intake.coverage.report import UNKNOWN_WHERE_SWEPT

    typer.echo(f"{history.lane}: {history.since:%F %H:%M} to {history.until:%F %H:%M} UTC\n")
    typer.echo(f"{'UTC':9}{_RULER}")
    for month in history.months:
        typer.echo(f"{month.name}  {month.line()}")
    typer.echo("\n" + "   ".join(f"{state.mark} {state.words}" for state in DayState) + "\n")
    if not history.gaps:
        typer.echo("No gap: every due window is covered.")
        return
    rows = [
        (
            f"{gap.start:%F %H:%M}",
            f"{gap.end:%F %H:%M}",
            length_text(gap.length),
            "failed" if gap.failed else "open orders only" if gap.swept else "missing",
        )
        for gap in history.gaps
    ]
    show_table(("from (UTC)", "to (UTC)", "length", ""), rows, title=f"{history.lane}: gaps")
    if history.is_swept:
        typer.echo(UNKNOWN_WHERE_SWEPT)
    if history.note:
        typer.echo(history.note)
    for backfill in history.backfills:
        filled = f"{backfill.first:%F %H:%M} to {backfill.end:%F %H:%M} UTC"
        typer.echo(
            f"\n# {filled}: {counted(backfill.windows, 'window')}, about {length_text(backfill.lasts)}"
        )
        if backfill.is_large:
            typer.echo("# More than a thousand runs. This line only lists them; start them by the next one:")
            typer.echo(backfill.command(dry=True))
        typer.echo(backfill.command())
