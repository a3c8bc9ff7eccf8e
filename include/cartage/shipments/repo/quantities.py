"""Orders whose shipments changed since their last quantity check: what was ordered, what has shipped, which match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, text, update

from cartage.db.schema import shipment
from cartage.model.orders import PackageContent
from cartage.model.states import State

# The lines of the request to the warehouse while it is kept, else those imported. Only live packages have shipped.
_UNCHECKED = text(
    """
    SELECT f.id, f.sales_order_id, f.order_id, f.shipment_id, f.state, f.adopted_as, f.remote_id,
           coalesce(f.adopted_as, f.reference) AS known_as, coalesce(f.request -> 'lines', (
               SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity::text, 'line_id', l.line_id)
                   ORDER BY l.position)
               FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id), '[]') AS ordered,
           coalesce((
               SELECT jsonb_agg(jsonb_build_object('final', h.final, 'lines', h.lines, 'packages', h.packages))
               FROM (
                   -- The offset keeps PostgreSQL from joining all packages: a file may have ten thousand, of which its
                   -- statistics know nothing yet.
                   SELECT h.final, h.lines, (
                       SELECT jsonb_agg(p.contents) FROM package p
                       WHERE p.shipment_id = h.id AND p.voided_at IS NULL) AS packages
                   FROM shipment h WHERE h.fulfillment_order_id = f.id AND NOT h.voided OFFSET 0
               ) h WHERE h.packages IS NOT NULL
           ), '[]') AS shipments
    FROM fulfillment_order f
    WHERE f.id IN (
            SELECT fulfillment_order_id FROM shipment
            WHERE lane = :lane AND warehouse = :warehouse AND checked_at IS NULL
              AND fulfillment_order_id IS NOT NULL)
      -- An order that is not known to be at the warehouse is checked once it is; a cancelled one is not checked again.
      AND f.state IN ('acknowledged', 'partially_shipped', 'shipped', 'cancelled') AND f.id > :after
    ORDER BY f.id LIMIT :size
    FOR UPDATE OF f
    """
)

_ORDERS = text(
    """
    SELECT id, sales_order_id, order_id, shipment_id, remote_id, coalesce(adopted_as, reference) AS known_as
    FROM fulfillment_order WHERE id = ANY(:ids)
    """
)


# Shipments that were polled before their order was known: adopted, restored, or settled late. Only orders that the
# warehouse acknowledged since the last poll are looked at, however many there are of either.
_MATCH = text(
    """
    WITH lately AS (
        SELECT f.id, f.remote_id,
               ARRAY[lower(coalesce(f.adopted_as, f.reference))] AS name
        FROM fulfillment_order f
        WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'acknowledged' AND f.superseded_at IS NULL
          AND f.state_since >= coalesce((
              SELECT shipments_polled_at - interval '1 hour' FROM warehouse_state
              WHERE lane = :lane AND warehouse = :warehouse), '-infinity')
    ), found AS (
        SELECT DISTINCT ON (h.id) h.id, l.id AS fulfillment_order_id
        FROM lately l JOIN shipment h ON h.fulfillment_order_id IS NULL AND h.lane = :lane
          AND h.warehouse = :warehouse AND (h.names @> l.name OR h.remote_id = l.remote_id)
        ORDER BY h.id, length(l.name[1]) DESC
    )
    UPDATE shipment h SET fulfillment_order_id = f.fulfillment_order_id, checked_at = NULL
    FROM found f WHERE h.id = f.id
    """
)

_UNMATCHED = text(
    """
    SELECT h.key, h.remote_id, h.reference, h.shipped_at, h.first_seen_at, h.voided,
           coalesce((SELECT string_agg(p.tracking, ', ' ORDER BY p.position) FROM package p
                     WHERE p.shipment_id = h.id AND p.voided_at IS NULL AND p.tracking <> ''), '') AS tracking
    FROM shipment h WHERE h.lane = :lane AND h.fulfillment_order_id IS NULL
    ORDER BY h.id DESC LIMIT :size
    """
)


@dataclass(frozen=True, slots=True)
class UncheckedOrder:
    """One fulfillment order, locked, with what was ordered and the live shipments of it.

    `shipped` is None where the warehouse does not say what a shipment held; `final` says that nothing more is to
    ship.
    """

    id: int
    sales_order_id: int
    order_id: int
    shipment_id: int
    state: State
    adopted_as: str | None
    known_as: str
    remote_id: str
    ordered: tuple[PackageContent, ...]
    any_shipped: bool
    shipped: tuple[PackageContent, ...] | None
    final: bool


def match_waiting(connection: Connection, lane: str, warehouse: str = "") -> int:
    """Match shipments without an order to orders that the warehouse acknowledged since; return how many."""
    return connection.execute(_MATCH, {"lane": lane, "warehouse": warehouse}).rowcount


def unmatched_shipments(connection: Connection, lane: str, size: int) -> Sequence[Row[Any]]:
    """Return shipments that match no order, the newest first.

    Rows of key, remote_id, reference, shipped_at, first_seen_at, voided, tracking.
    """
    return connection.execute(_UNMATCHED, {"lane": lane, "size": size}).all()


def unchecked_orders(
    connection: Connection, lane: str, *, after: int = 0, size: int = 500, warehouse: str = ""
) -> list[UncheckedOrder]:
    """Return fulfillment orders of which a shipment changed since they were checked, by id; lock their rows."""
    values = {"lane": lane, "warehouse": warehouse, "after": after, "size": size}
    rows = connection.execute(_UNCHECKED, values)
    return [_unchecked(row) for row in rows]


def orders_of_shipments(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Return fulfillment orders by id: rows of id, sales_order_id, order_id, shipment_id, remote_id, known_as."""
    return {row.id: row for row in connection.execute(_ORDERS, {"ids": list(ids)})} if ids else {}


def mark_checked(connection: Connection, lane: str, ids: Sequence[int]) -> None:
    """Mark the shipments of these fulfillment orders as checked."""
    if ids:
        columns = shipment.c
        due = columns.checked_at.is_(None), columns.fulfillment_order_id.in_(ids)
        statement = update(shipment).where(columns.lane == lane, *due)
        connection.execute(statement.values(checked_at=func.clock_timestamp()))


def _unchecked(row: Row[Any]) -> UncheckedOrder:
    held = [_held(document) for document in row.shipments]
    known = [contents for contents in held if contents is not None]
    return UncheckedOrder(
        id=row.id,
        sales_order_id=row.sales_order_id,
        order_id=row.order_id,
        shipment_id=row.shipment_id,
        state=State(row.state),
        adopted_as=row.adopted_as,
        known_as=row.known_as,
        remote_id=row.remote_id or "",
        ordered=tuple(_contents(row.ordered)),
        any_shipped=bool(row.shipments),
        shipped=tuple(content for contents in known for content in contents)
        if len(known) == len(held)
        else None,
        final=bool(row.shipments) and all(document["final"] for document in row.shipments),
    )


def _held(document: dict[str, Any]) -> list[PackageContent] | None:
    """Return what one shipment held: what is in its packages, else its lines; None if neither is known.

    A package whose contents are null is counted with another one: several numbers were named for one carton.
    """
    packages = [contents for contents in document["packages"] if contents is not None]
    if packages and all(packages):
        return [content for package in packages for content in _contents(package)]
    return list(_contents(document["lines"])) or None


def _contents(rows: Sequence[dict[str, Any]]) -> Iterator[PackageContent]:
    for row in rows:
        yield PackageContent(row["sku"], Decimal(str(row["quantity"])), row["line_id"])
