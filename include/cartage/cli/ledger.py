"""`cartage ledger`: bring the ledger's tables to the newest form, and say which form they have."""

from __future__ import annotations

import typer

from cartage.cli.options import AsJson
from cartage.cli.printing import show_json, show_table

app = typer.Typer(help="The ledger: Cartage's own PostgreSQL database.", no_args_is_help=True)


@app.command()
def migrate() -> None:
    """Bring the ledger's tables to the newest form. Doing it again changes nothing."""
    from cartage.connections import ledger_url
    from cartage.ledger import migrate as migration

    typer.echo(f"ledger: at revision {migration.migrate(ledger_url())}")


@app.command()
def purge(as_json: AsJson = False) -> None:
    """Delete what the lanes' retention lets go: personal data, payloads. Doing it again deletes nothing more.

    The DAG housekeeping does it every day. Lanes that left the lanes file are kept to the default retention.
    """
    from cartage.housekeeping import purge_all
    from cartage.ledger import open_ledger

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
    """Say which form the ledger has. Exit code 1 if this Cartage needs another."""
    from cartage.connections import ledger_url
    from cartage.ledger import migrate as migration

    found = migration.status(ledger_url())
    if as_json:
        show_json({"current": found.current, "head": found.head, "up_to_date": found.up_to_date})
    elif found.up_to_date:
        typer.echo(f"ledger: up to date (revision {found.current})")
    else:
        current = found.current or "none"
        typer.echo(f"ledger: at revision {current}, needs {found.head}. Run `cartage ledger migrate`.")
    if not found.up_to_date:
        raise typer.Exit(1)
