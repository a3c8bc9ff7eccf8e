"""`cartage shipments`: shipments from the warehouse that match no order. Read-only."""

from __future__ import annotations

from typing import Annotated

import typer

from cartage.cli.options import AsJson, LaneName
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction

app = typer.Typer(help="Shipments from the warehouse.", no_args_is_help=True)

_COLUMNS = ("key", "remote_id", "reference", "tracking", "shipped_at", "first_seen_at", "voided")


@app.callback()
def _group() -> None:
    """Shipments from the warehouse."""


@app.command(name="unmatched")
def list_unmatched(
    lane: LaneName,
    limit: Annotated[int, typer.Option(min=1, help="List at most this many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List shipments that match no order of the lane, the newest first.

    They are kept and matched automatically once their order is at the warehouse. If others ship from the same
    account, their shipments are listed too.
    """
    from cartage.lanes import get_lane
    from cartage.shipments.repo.quantities import unmatched_shipments

    found = get_lane(lane)
    with ledger_transaction() as connection:
        rows = unmatched_shipments(connection, found.name, limit)
    if as_json:
        show_json([{name: getattr(row, name) for name in _COLUMNS} for row in rows])
        return
    cells = [
        (
            row.reference,
            row.remote_id,
            "voided" if row.voided else row.tracking,
            f"{row.shipped_at:%F %H:%M}" if row.shipped_at else "",
            f"{row.first_seen_at:%F %H:%M}",
        )
        for row in rows
    ]
    columns = ("reference", "warehouse's number", "tracking", "shipped (UTC)", "first seen (UTC)")
    show_table(columns, cells, title=f"{lane}: {len(cells)} shipment(s) match no order")
