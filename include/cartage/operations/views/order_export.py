"""Orders as rows of a spreadsheet, with their lines, parcels and country, for desk and CLI."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

ORDER_COLUMNS = (
    "lane",
    "reference",
    "order_id",
    "invoice",
    "state",
    "state_since",
    "reason",
    "name",
    "email",
    "country",
    "ship_method",
    "warehouse",
    "lines",
    "amount",
    "placed",
    "imported",
    "remote_id",
    "carrier",
    "tracking",
    "shipped",
)
_PERSONAL = frozenset({"name", "email"})

_DETAILS = text(
    """
    SELECT f.lane, f.reference, f.order_id, s.invoice, f.state, f.state_since, f.reason, f.ship_to ->> 'name' AS name,
        s.document ->> 'email' AS email, f.ship_to ->> 'country' AS country, f.ship_method, f.warehouse, l.lines,
        s.amount, s.ordered_at AS placed, f.created_at AS imported, f.remote_id, p.carrier,
        coalesce(p.tracking, f.posted_tracking) AS tracking, p.shipped
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS listed(id, place)
    JOIN fulfillment_order f ON f.id = listed.id JOIN sales_order s ON s.id = f.sales_order_id
    LEFT JOIN LATERAL (
        SELECT string_agg(trim_scale(quantity) || ' x ' || sku, '; ' ORDER BY position) AS lines
        FROM fulfillment_line WHERE fulfillment_order_id = f.id
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT string_agg(DISTINCT nullif(concat_ws(' ', p.carrier, p.service), ' '), '; ') AS carrier,
            string_agg(DISTINCT nullif(p.tracking, ''), '; ') AS tracking, max(h.shipped_at) AS shipped
        FROM shipment h JOIN package p ON p.shipment_id = h.id
        WHERE h.fulfillment_order_id = f.id AND NOT h.voided AND p.voided_at IS NULL
    ) p ON true
    ORDER BY listed.place
    """
)


def export_rows(
    connection: Connection, ids: Sequence[int], personal: Collection[str], hidden: str
) -> Iterator[dict[str, str]]:
    """Yield a row of text for each order; names and addresses are `hidden` except in `personal` lanes."""
    for row in connection.execute(_DETAILS, {"ids": list(ids)}).mappings():
        may_see = row["lane"] in personal
        yield {
            name: hidden if name in _PERSONAL and row[name] and not may_see else _as_text(row[name])
            for name in ORDER_COLUMNS
        }


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(value)
