"""`cartage ledger`: its form and its id, and what is to be done after a restore."""

from __future__ import annotations

from typing import Annotated

import typer

from cartage.cli.options import AsJson, cli_run, read_time
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

app = typer.Typer(help="The ledger: Cartage's own PostgreSQL database.", no_args_is_help=True)


@app.command()
def migrate() -> None:
    """Bring the ledger's tables to the newest form. Doing it again changes nothing."""
    from cartage.connections import ledger_url
    from cartage.db import migrate as migration

    typer.echo(f"ledger: at revision {migration.migrate_ledger(ledger_url())}")


@app.command()
def purge(as_json: AsJson = False) -> None:
    """Delete what the lanes' retention lets go: personal data, payloads. Doing it again deletes nothing more.

    The DAG housekeeping does it every day. Lanes that left the lanes file are kept to the default retention.
    """
    from cartage.db import open_ledger
    from cartage.operations.housekeeping import purge_all

    ledger = open_ledger()
    try:
        purged = purge_all(ledger)
    finally:
        ledger.close()
    if as_json:
        show_json(purged)
        return
    rows = [(lane, *counts.values()) for lane, counts in purged.items()]
    show_table(("lane", "orders", "payloads", "causes", "alerts"), rows, title="Deleted")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say which form the ledger has, whose it is, and which lanes ask the warehouse before they send.

    Exit code 1 if this Cartage needs another form.
    """
    from cartage.connections import ledger_url
    from cartage.db import migrate as migration

    found = migration.ledger_status(ledger_url())
    installation, quarantined = _who() if found.up_to_date else (None, [])
    if as_json:
        show_json(
            {
                "current": found.current,
                "head": found.head,
                "up_to_date": found.up_to_date,
                "installation": installation,
                "asks_before_it_sends": quarantined,
            }
        )
    elif found.up_to_date:
        typer.echo(f"ledger: up to date (revision {found.current}), installation {installation or 'new'}")
        for lane in quarantined:
            typer.echo(f"lane {lane}: asks the warehouse for every order before it sends it")
    else:
        current = found.current or "none"
        typer.echo(f"ledger: at revision {current}, needs {found.head}. Run `cartage ledger migrate`.")
    if not found.up_to_date:
        raise typer.Exit(1)


@app.command()
def recover(
    since: Annotated[
        str | None,
        typer.Option(
            help="When the backup was made (ISO 8601; UTC if it names no zone). Default: the ledger's last event."
        ),
    ] = None,
    lane: Annotated[
        list[str] | None, typer.Option("--lane", "-l", help="Only these lanes; all if absent.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who decides; kept in the ledger's events.")] = "cli",
) -> None:
    """After a restore: send nothing that the warehouse was not asked for first.

    Every order that is not final is asked for at the warehouse before it is sent; the next run searches store and
    warehouse for what was sent since the backup; shipments are polled from then on again. Doing it again costs calls
    and does no harm.
    """
    from cartage.lifecycle.transitions import By
    from cartage.recovery.repo import last_event, quarantine

    with ledger_transaction() as connection:
        moment = read_time(since) if since else last_event(connection)
        if moment is None:
            typer.echo("ledger: empty; a new ledger asks before it sends anyway.")
            return
        who = By(by.strip() or "cli", cli_run("recover").id)
        why = f"recovered: what happened since {moment:%F %T %Z} may be unknown"
        lanes = quarantine(connection, moment, who, why, lanes=lane)
        missing = sorted(set(lane or ()) - set(lanes))
        if missing:
            raise typer.BadParameter(f"the ledger knows no lane {', '.join(missing)}", param_hint="--lane")
    typer.echo(f"ledger: {len(lanes)} lane(s) ask the warehouse before they send: {', '.join(lanes)}")
    typer.echo(f"What happened since {moment:%F %T %Z} is searched for by the next runs. Unpause the DAGs.")


def _who() -> tuple[str | None, list[str]]:
    from cartage.recovery.installation import identity
    from cartage.recovery.repo import quarantined_lanes

    with ledger_transaction() as connection:
        return identity(connection), quarantined_lanes(connection)
