"""`cartage shipments`: what the warehouse shipped and that belongs to no order. Reads only."""

from __future__ import annotations

from typing import Annotated

import typer

from cartage.cli.options import AsJson, LaneName
from cartage.cli.printing import show_json, show_table

app = typer.Typer(help="What the warehouse shipped.", no_args_is_help=True)

_COLUMNS = ("key", "remote_id", "reference", "tracking", "shipped_at", "first_seen_at", "voided")


@app.callback()
def _group() -> None:
    """What the warehouse shipped."""


@app.command()
def unmatched(
    lane: LaneName,
    most: Annotated[int, typer.Option("--most", min=1, help="How many at most, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List shipments that match no order of the lane, the newest first.

    They are kept, and matched by themselves once their order is at the warehouse. On an account that others ship from
    as well, theirs are here too.
    """
    from cartage.db import open_ledger
    from cartage.lanes import get_lane
    from cartage.shipments.repo import quantities as weighing

    found = get_lane(lane)
    ledger = open_ledger()
    try:
        with ledger.begin() as connection:
            rows = weighing.unmatched_shipments(connection, found.name, most)
    finally:
        ledger.close()
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
