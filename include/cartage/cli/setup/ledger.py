"""`cartage ledger`: its tables and status, what is derived from it, old data, and recovery after a restore."""

from __future__ import annotations

from typing import Annotated

import typer

from cartage.cli.options import AsJson, cli_run, read_time
from cartage.cli.printing import show_json, show_result, show_table
from cartage.cli.transaction import ledger_transaction, opened_ledger
from cartage.plurals import counted

app = typer.Typer(help="The ledger, Cartage's PostgreSQL database.", no_args_is_help=True)


@app.command(name="migrate")
def migrate_tables(as_json: AsJson = False) -> None:
    """Create the ledger's tables, or update them to this version. Running it again changes nothing."""
    from cartage.connections import ledger_url
    from cartage.db import migrate as migration

    revision = migration.migrate_ledger(ledger_url())
    show_result({"revision": revision}, f"ledger: at revision {revision}", as_json=as_json)


@app.command(name="purge")
def purge_ledger(as_json: AsJson = False) -> None:
    """Delete personal data and payloads that are older than the lanes' retention.

    The DAG housekeeping does this every day. The default retention applies to lanes that are no longer in the file.
    """
    from cartage.db.retention import KINDS, PurgeIncomplete
    from cartage.operations.housekeeping import purge_all

    failed = None
    with opened_ledger() as ledger:
        try:
            purged = purge_all(ledger)
        except PurgeIncomplete as failure:
            failed, purged = failure, failure.purged
    if as_json:
        show_json(purged)
    else:
        rows = [(lane, *(counts[kind] for kind in KINDS)) for lane, counts in purged.items()]
        show_table(("lane", *KINDS), rows, title="Deleted")
    if failed:
        raise failed


@app.command(name="rebuild-reports")
def rebuild_figures(as_json: AsJson = False) -> None:
    """Delete the figures of all reports and compute them from the ledger again. Orders are not touched.

    Reports show too little until it is done: some minutes for a million orders.
    """
    from cartage.lanes import valid_lanes
    from cartage.reports.rollup import rebuild_reports

    with opened_ledger() as ledger:
        done = rebuild_reports(ledger, valid_lanes())
    text = f"reports: {counted(done.orders, 'order')} on {counted(done.days, 'day')} of lanes counted again."
    show_result({"orders": done.orders, "days": done.days}, text, as_json=as_json)


@app.command(name="status")
def show_ledger_status(as_json: AsJson = False) -> None:
    """Show the ledger's revision, its installation and its quarantined lanes. Exit code 1 if it needs migration."""
    from cartage.connections import ledger_url
    from cartage.db import migrate as migration

    found = migration.ledger_status(ledger_url())
    installation, quarantined = _identity() if found.up_to_date else (None, [])
    if as_json:
        show_json(
            {
                "current": found.current,
                "head": found.head,
                "up_to_date": found.up_to_date,
                "installation": installation,
                "quarantined_lanes": quarantined,
            }
        )
    elif found.up_to_date:
        typer.echo(f"ledger: up to date (revision {found.current}), installation {installation or 'new'}")
        for lane in quarantined:
            typer.echo(f"lane {lane}: quarantined; verifies every order with the warehouse before it is sent")
    else:
        current = found.current or "none"
        typer.echo(f"ledger: at revision {current}, needs {found.head}. Run `cartage ledger migrate`.")
    if not found.up_to_date:
        raise typer.Exit(1)


@app.command(name="recover")
def recover_ledger(
    since: Annotated[
        str | None,
        typer.Option(
            help="Time of the backup (ISO 8601; UTC if it has no offset). Default: the ledger's last event."
        ),
    ] = None,
    lane: Annotated[
        list[str] | None, typer.Option("--lane", "-l", help="Only this lane; repeatable. Default: all.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Your name; recorded in the ledger.")] = "cli",
    as_json: AsJson = False,
) -> None:
    """Quarantine the lanes after a restore: verify every order with the warehouse before it is sent.

    The next run searches store and warehouse for what was sent since the backup, and polls shipments from then on
    again. Running this again costs calls but does no harm.
    """
    from cartage.lifecycle.transitions import By
    from cartage.recovery.repo import last_event, quarantine

    with ledger_transaction() as connection:
        moment = read_time(since) if since else last_event(connection)
        if moment is None:
            text = "ledger: empty; a new ledger verifies before it sends anyway."
            show_result({"quarantined": [], "since": None}, text, as_json=as_json)
            return
        who = By(by.strip() or "cli", cli_run("recover").id)
        why = f"recovered: what happened since {moment:%F %T %Z} may be unknown"
        lanes = quarantine(connection, moment, who, why, lanes=lane)
        missing = sorted(set(lane or ()) - set(lanes))
        if missing:
            raise typer.BadParameter(f"the ledger knows no lane {', '.join(missing)}", param_hint="--lane")
    text = (
        f"ledger: {counted(len(lanes), 'lane')} quarantined: {', '.join(lanes)}\n"
        f"The next runs search for what happened since {moment:%F %T %Z}. Unpause the DAGs."
    )
    show_result({"quarantined": lanes, "since": moment}, text, as_json=as_json)


def _identity() -> tuple[str | None, list[str]]:
    from cartage.recovery.installation import identity
    from cartage.recovery.repo import quarantined_lanes

    with ledger_transaction() as connection:
        return identity(connection), quarantined_lanes(connection)
