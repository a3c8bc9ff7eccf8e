"""`cartage shadow`: what a lane in shadow mode would have sent, to compare with the old system. Read-only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cartage.cli.options import AsJson, LaneName
from cartage.cli.printing import show_json, show_table
from cartage.cli.transaction import ledger_transaction
from cartage.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Row

COLUMNS = (
    "order_id", "invoice", "reference", "shown_at", "state", "name", "company", "address1", "address2", "city",
    "state_or_province", "zip_code", "country", "carrier", "service", "notes", "sku", "quantity", "line_notes",
)  # fmt: skip


def list_shadow_orders(
    lane: LaneName,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write a CSV file with one row per order line.")
    ] = None,
    files: Annotated[
        Path | None,
        typer.Option("--files", help="Write the file of each order into this folder (connector files)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what would have been sent for each order while the lane was in shadow mode (the latest version)."""
    from cartage.lanes import get_lane
    from cartage.sending.repo.shadow import shown_orders

    found = get_lane(lane)
    with ledger_transaction() as connection:
        rows = shown_orders(connection, found.name)
    if csv is not None:
        _write(csv, rows)
        typer.echo(f"{csv}: {counted(len(rows), 'order')}")
    elif files is not None:
        typer.echo(f"{files}: {counted(_write_files(files, rows), 'file')}")
    elif as_json:
        show_json([_document(row) for row in rows])
    else:
        show_table(
            ("order", "invoice", "reference", "lines", "ship method", "shown (UTC)", "versions", "now"),
            [_summary(row) for row in rows],
            title=f"{lane}: {counted(len(rows), 'order')} in shadow mode",
        )


def _summary(row: Row[Any]) -> tuple[object, ...]:
    request = row.detail["request"]
    lines = ", ".join(f"{line['quantity']} x {line['sku']}" for line in request["lines"])
    method = " - ".join(filter(None, (request["ship_method"]["carrier"], request["ship_method"]["service"])))
    now = f"{row.state} ({row.reason})" if row.reason else row.state
    return row.order_id, row.invoice, row.reference, lines, method, f"{row.at:%F %H:%M}", row.versions, now


def _document(row: Row[Any]) -> dict[str, Any]:
    return {
        "order_id": row.order_id,
        "invoice": row.invoice,
        "reference": row.reference,
        "shown_at": row.at.isoformat(),
        "versions": row.versions,
        "state": row.state,
        "reason": row.reason,
        "payload": row.detail["payload"],
    }


def _write_files(folder: Path, rows: Sequence[Row[Any]]) -> int:
    """Write the files that were shown, as UTF-8; their names begin with the orders' references. Return how many."""
    shown = [(row.reference, row.detail["payload"]) for row in rows if "file" in row.detail["payload"]]
    for reference, payload in shown:
        name = str(payload["file"])
        target = folder / (name if reference in name else f"{reference}_{name}")
        target.write_text(str(payload["content"]), encoding="utf-8", newline="")
    return len(shown)


def _write(path: Path, rows: Sequence[Row[Any]]) -> None:
    from cartage.spreadsheets import rows_to_csv

    lines = [line for row in rows for line in _lines(row)]
    path.write_text(rows_to_csv(COLUMNS, lines), encoding="utf-8-sig")


def _lines(row: Row[Any]) -> Iterator[dict[str, str]]:
    request = row.detail["request"]
    to, method = request["ship_to"], request["ship_method"]
    for line in request["lines"]:
        yield {
            "order_id": str(row.order_id),
            "invoice": row.invoice,
            "reference": row.reference,
            "shown_at": f"{row.at:%Y-%m-%d %H:%M} UTC",
            "state": row.state,
            **{name: to[name] for name in COLUMNS if name in to and name != "state"},
            "state_or_province": to["state"],
            "carrier": method["carrier"],
            "service": method["service"],
            "notes": request["notes"],
            "sku": line["sku"],
            "quantity": line["quantity"],
            # A request that an earlier version kept has none.
            "line_notes": line.get("notes", ""),
        }
