"""The program `cartage`: its commands, and those that other packages add. Imports nothing heavy.

Exit codes: 0 success, 1 failure or a problem was found, 2 wrong usage.
"""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import Annotated

import typer

from cartage.cli.files import files
from cartage.cli.group import CartageGroup
from cartage.cli.mappings import mappings
from cartage.cli.monitoring import alerts, heartbeat, report, status
from cartage.cli.orders import exceptions, holds, orders, shadow, shipments
from cartage.cli.reconciliation import differences, reconcile
from cartage.cli.routing import routing
from cartage.cli.running import coverage, run, stock
from cartage.cli.setup import connections, cutover, init, lanes, ledger, preflight

app = typer.Typer(
    name="cartage",
    cls=CartageGroup,
    help="Move a 3dcart store's orders to a warehouse, and bring tracking and stock back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they print local variables, which can hold credentials
)
app.command(name="init")(init.set_up_lane)
app.add_typer(lanes.app, name="lanes")
app.add_typer(ledger.app, name="ledger")
app.command(name="run")(run.run_stage)
app.command(name="preflight")(preflight.check_lane)
app.command(name="status")(status.show_status)
app.command(name="report")(report.show_report)
app.command(name="heartbeat")(heartbeat.check_heartbeat)
app.command(name="coverage")(coverage.show_coverage)
app.command(name="shadow")(shadow.list_shadow_orders)
app.command(name="cutover")(cutover.cut_over)
app.command(name="reconcile")(reconcile.compare_lane)
app.add_typer(connections.app, name="connections")
app.add_typer(orders.app, name="orders")
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(shipments.app, name="shipments")
app.add_typer(stock.app, name="stock")
app.add_typer(mappings.app, name="mappings")
app.add_typer(routing.app, name="routing")
app.add_typer(holds.app, name="holds")
app.add_typer(differences.app, name="differences")
app.add_typer(files.app, name="files")
app.add_typer(alerts.app, name="alerts")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cartage {version('cartage')}")
        raise typer.Exit


@app.callback()
def _every_command(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log warnings and errors only.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything, including calls.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Log to stderr, so that stdout contains only the result."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    level = logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO
    for name in ("cartage", "cartage_sandbox"):
        logging.getLogger(name).setLevel(level)
    # It logs each login, even where another package sets the root logger's level.
    logging.getLogger("paramiko").setLevel(logging.DEBUG if debug else logging.WARNING)
