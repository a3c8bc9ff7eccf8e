"""`cartage status`: a lane at a glance. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cartage.cli.options import AsJson, LaneName
from cartage.cli.printing import show_json, show_table

if TYPE_CHECKING:
    from cartage.operations.views.overview import Overview


def status(lane: LaneName, as_json: AsJson = False) -> None:
    """Show how many orders stand where, what the store was told, and what blocks the rest."""
    from cartage.db import open_ledger
    from cartage.lanes import get_lane
    from cartage.operations.views.overview import lane_overview

    found = get_lane(lane)
    ledger = open_ledger()
    try:
        with ledger.begin() as connection:
            seen = lane_overview(connection, found.name)
    finally:
        ledger.close()
    if as_json:
        show_json(_document(lane, seen))
        return
    standings = [
        (standing.state, standing.orders, f"{standing.oldest:%F %H:%M}") for standing in seen.standings
    ]
    show_table(
        ("state", "fulfillment orders", "oldest since (UTC)"), standings, title=f"{lane}: where orders stand"
    )
    blocked = [(cause.orders, cause.message, cause.fix) for cause in seen.causes]
    show_table(("orders", "cause", "fix"), blocked, title=f"{lane}: what blocks orders")
    if seen.exceptions:
        typer.echo(
            f"{seen.exceptions} exception(s) wait for an answer: cartage exceptions list --lane {lane}"
        )


def _document(lane: str, seen: Overview) -> dict[str, Any]:
    return {
        "lane": lane,
        "fulfillment_orders": {standing.state: standing.orders for standing in seen.standings},
        "posted": {str(status_id): orders for status_id, orders in sorted(seen.posted.items())},
        "packages": {"known": seen.packages, "posted": seen.packages_posted},
        "causes": [
            {"kind": cause.kind.value, "message": cause.message, "fix": cause.fix, "orders": cause.orders}
            for cause in seen.causes
        ],
        "exceptions": seen.exceptions,
    }
