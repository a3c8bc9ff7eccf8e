"""`cartage status`: an overview of a lane. Read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cartage.cli.options import AsJson, LaneName
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

if TYPE_CHECKING:
    from cartage.operations.views.overview import Overview


def show_status(lane: LaneName, as_json: AsJson = False) -> None:
    """Show how many orders are in each state, and what blocks the others."""
    from cartage.lanes import get_lane
    from cartage.operations.views.overview import lane_overview

    found = get_lane(lane)
    with ledger_transaction() as connection:
        overview = lane_overview(connection, found.name)
    if as_json:
        show_json(_document(lane, overview))
        return
    standings = [
        (standing.state, standing.orders, f"{standing.oldest:%F %H:%M}") for standing in overview.standings
    ]
    show_table(
        ("state", "fulfillment orders", "oldest since (UTC)"), standings, title=f"{lane}: orders by state"
    )
    blocked = [(cause.orders, cause.message, cause.fix) for cause in overview.causes]
    show_table(("orders", "cause", "fix"), blocked, title=f"{lane}: what blocks {overview.blocked} order(s)")
    if overview.exceptions:
        typer.echo(
            f"{overview.exceptions} exception(s) need a decision: cartage exceptions list --lane {lane}"
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
