"""`cartage orders`: what the ledger says of a lane's orders. Reads only."""

from __future__ import annotations

import typer

from cartage.cli.options import AsJson, LaneName
from cartage.cli.printing import show_json, show_table

app = typer.Typer(help="The orders of a lane, as the ledger has them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The orders of a lane, as the ledger has them."""


@app.command()
def blocked(lane: LaneName, as_json: AsJson = False) -> None:
    """List why orders are blocked: each cause once, with its mend; the one that blocks most comes first."""
    from cartage.lanes import get_lane
    from cartage.ledger import causes, open_ledger

    found = get_lane(lane)
    ledger = open_ledger()
    try:
        with ledger.begin() as connection:
            blocking = causes.blocking_causes(connection, found.name)
    finally:
        ledger.close()
    if as_json:
        show_json([{name: getattr(cause, name) for name in _SHOWN} for cause in blocking])
        return
    show_table(
        ("orders", "cause", "mend", "for example", "since (UTC)"),
        [
            (
                cause.orders,
                cause.message,
                cause.mend,
                ", ".join(cause.examples),
                f"{cause.opened_at:%F %H:%M}",
            )
            for cause in blocking
        ],
        title=f"{lane}: {sum(cause.orders for cause in blocking)} order(s) blocked",
    )


_SHOWN = ("kind", "subject", "orders", "message", "mend", "examples", "opened_at")
