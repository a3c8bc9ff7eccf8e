"""`cartage shipments`: what the warehouse reported that matches no order, or that nobody can read. Read-only."""

from __future__ import annotations

from typing import Annotated

import typer

from cartage.cli.options import AnyLane, AsJson, chosen_lanes
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

app = typer.Typer(help="Shipments from the warehouse.", no_args_is_help=True)

_COLUMNS = ("key", "remote_id", "reference", "tracking", "shipped_at", "first_seen_at", "voided")
_UNREADABLE = ("kind", "name", "remote_id", "what", "first_seen_at", "last_seen_at")


@app.callback()
def _group() -> None:
    """Shipments from the warehouse."""


@app.command(name="unmatched")
def list_unmatched(
    lane: AnyLane = "",
    limit: Annotated[int, typer.Option(min=1, help="List at most this many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List shipments that match no order of the lane, the newest first.

    They are kept and matched automatically once their order is at the warehouse. If others ship from the same
    account, their shipments are listed too.
    """
    from cartage.shipments.repo.quantities import unmatched_shipments

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        rows = [(name, row) for name in names for row in unmatched_shipments(connection, name, limit)]
    if as_json:
        show_json([{"lane": of} | {name: getattr(row, name) for name in _COLUMNS} for of, row in rows])
        return
    cells = [
        (
            of,
            row.reference,
            row.remote_id,
            "voided" if row.voided else row.tracking,
            f"{row.shipped_at:%F %H:%M}" if row.shipped_at else "",
            f"{row.first_seen_at:%F %H:%M}",
        )
        for of, row in rows
    ]
    columns = ("lane", "reference", "warehouse's number", "tracking", "shipped (UTC)", "first seen (UTC)")
    show_table(
        columns,
        cells,
        title=f"{lane or 'all lanes'}: {counted(len(cells), 'shipment matches', 'shipments match')} no order",
    )


@app.command(name="unreadable")
def list_unreadable(
    lane: AnyLane = "",
    limit: Annotated[int, typer.Option(min=1, help="List at most this many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what the warehouse reported and Cartage cannot read, the newest first: orders, stock, items, carriers.

    Each is read again by itself: an order by every poll, the others with their next list. None stops another one.
    """
    from cartage.warehouses.repo.unreadable_rows import unreadable_rows

    names = [found.name for found in chosen_lanes(lane)]
    with ledger_transaction() as connection:
        rows = [(name, row) for name in names for row in unreadable_rows(connection, name, limit)]
    if as_json:
        show_json([{"lane": of} | {name: getattr(row, name) for name in _UNREADABLE} for of, row in rows])
        return
    cells = [
        (
            of,
            row.kind,
            row.name,
            row.remote_id,
            row.what,
            f"{row.first_seen_at:%F %H:%M}",
            f"{row.last_seen_at:%F %H:%M}",
        )
        for of, row in rows
    ]
    columns = (
        "lane",
        "kind",
        "name",
        "warehouse's number",
        "cannot be read",
        "first seen (UTC)",
        "last seen (UTC)",
    )
    show_table(
        columns,
        cells,
        title=f"{lane or 'all lanes'}: {counted(len(cells), 'row')} of the warehouse cannot be read",
    )
