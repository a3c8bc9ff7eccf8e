"""`cartage status`: an overview of a lane. Read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cartage.cli.options import AnyLane, AsJson, chosen_lanes
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.operations.views.overview import Overview


def show_status(lane: AnyLane = "", as_json: AsJson = False) -> None:
    """Show how many orders are in each state, and what blocks the others. JSON of all lanes is a list."""
    from cartage.operations.views.overview import lane_overview

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        overviews = {name: lane_overview(connection, name) for name in names}
    if as_json:
        documents = [_document(name, overview) for name, overview in overviews.items()]
        show_json(documents[0] if lane else documents)
        return
    for name, overview in overviews.items():
        _show(name, overview)


def _show(lane: str, overview: Overview) -> None:
    standings = [
        (standing.state, standing.orders, f"{standing.oldest:%F %H:%M}") for standing in overview.standings
    ]
    show_table(
        ("state", "fulfillment orders", "oldest since (UTC)"), standings, title=f"{lane}: orders by state"
    )
    blocked = [(cause.orders, cause.message, cause.fix) for cause in overview.causes]
    show_table(
        ("orders", "cause", "fix"), blocked, title=f"{lane}: what blocks {counted(overview.blocked, 'order')}"
    )
    if overview.exceptions:
        typer.echo(
            f"{counted(overview.exceptions, 'exception needs', 'exceptions need')} a decision: "
            f"cartage exceptions list --lane {lane}"
        )


def _document(lane: str, overview: Overview) -> dict[str, Any]:
    return {
        "lane": lane,
        "fulfillment_orders": {standing.state: standing.orders for standing in overview.standings},
        "posted": {str(status_id): orders for status_id, orders in sorted(overview.posted.items())},
        "packages": {"known": overview.packages, "posted": overview.packages_posted},
        "blocked": overview.blocked,
        "causes": [
            {"kind": cause.kind.value, "message": cause.message, "fix": cause.fix, "orders": cause.orders}
            for cause in overview.causes
        ],
        "exceptions": overview.exceptions,
    }
