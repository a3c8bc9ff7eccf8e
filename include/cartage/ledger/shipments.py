"""Shipments and packages as the warehouse reports them, and what they make of the fulfillment orders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.orders.model import Package, Shipment
from cartage.warehouses.contract import RemoteOrder, base_reference, possible_parents

# Ours are known by their reference. Adopted ones by the old system's, which may itself end like a split's: the longest
# that is known is meant; or by the warehouse's number, where somebody there changed the reference.
_SHIPMENTS = text(
    """
    INSERT INTO shipment (lane, key, fulfillment_order_id, remote_id, reference, shipped_at, voided, final)
    SELECT :lane, w.key,
           coalesce(
               (SELECT f.id FROM fulfillment_order f WHERE f.reference = w.base AND f.lane = :lane),
               (SELECT f.id FROM fulfillment_order f
                WHERE f.lane = :lane AND lower(f.adopted_as) = ANY(w.names) AND f.adopted_as IS NOT NULL
                  AND f.superseded_at IS NULL
                ORDER BY length(f.adopted_as) DESC LIMIT 1),
               (SELECT f.id FROM fulfillment_order f
                WHERE f.lane = :lane AND f.remote_id = w.remote_id AND f.adopted_as IS NOT NULL
                  AND f.superseded_at IS NULL LIMIT 1)),
           w.remote_id, w.reference, w.shipped_at, w.voided, w.final
    FROM jsonb_to_recordset(CAST(:shipments AS jsonb)) AS w(
        key text, remote_id text, reference text, base text, names text[], shipped_at timestamptz, voided boolean,
        final boolean)
    ORDER BY w.key
    ON CONFLICT (lane, key) DO UPDATE SET
        fulfillment_order_id = coalesce(excluded.fulfillment_order_id, shipment.fulfillment_order_id),
        shipped_at = excluded.shipped_at, voided = excluded.voided, final = excluded.final
    RETURNING id, key, fulfillment_order_id, xmax = 0 AS new
    """
)

_PACKAGES = text(
    """
    INSERT INTO package (shipment_id, key, position, tracking, carrier, service, contents)
    SELECT w.shipment_id, w.key, w.position, w.tracking, w.carrier, w.service, w.contents
    FROM jsonb_to_recordset(CAST(:packages AS jsonb)) AS w(
        shipment_id bigint, key text, position int, tracking text, carrier text, service text, contents jsonb)
    ORDER BY w.shipment_id, w.key
    ON CONFLICT (shipment_id, key) DO UPDATE SET
        tracking = excluded.tracking, carrier = excluded.carrier, service = excluded.service,
        contents = excluded.contents,
        posted_at = CASE WHEN package.tracking = excluded.tracking THEN package.posted_at END,
        unfit_at = CASE WHEN package.tracking = excluded.tracking THEN package.unfit_at END
    RETURNING xmax = 0 AS new
    """
)

# Orders at the warehouse with a shipment that stands: how much of them has shipped.
_SHIPPED = text(
    """
    SELECT f.id, f.state, f.adopted_as,
           bool_and(h.final) AS final,
           -- In the warehouse's units: as it was sent. An adopted order has no request of ours.
           coalesce(
               (SELECT sum((l ->> 'quantity')::numeric) FROM jsonb_array_elements(f.request -> 'lines') AS l),
               (SELECT sum(l.quantity) FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id)) AS ordered,
           bool_and(jsonb_array_length(p.contents) > 0) AS contents_known,
           sum((SELECT sum((c ->> 'quantity')::numeric) FROM jsonb_array_elements(p.contents) AS c)) AS shipped
    FROM fulfillment_order f
    JOIN shipment h ON h.fulfillment_order_id = f.id AND NOT h.voided
    LEFT JOIN package p ON p.shipment_id = h.id
    WHERE f.lane = :lane AND f.state IN ('acknowledged', 'partially_shipped')
    GROUP BY f.id ORDER BY f.id
    """
)


_ACKNOWLEDGED = text(
    """
    SELECT id, coalesce(adopted_as, reference) AS known_as FROM fulfillment_order
    WHERE lane = :lane AND state = 'acknowledged' AND superseded_at IS NULL
      AND id IN (
          SELECT id FROM fulfillment_order WHERE reference = ANY(:own)
          UNION ALL
          SELECT id FROM fulfillment_order WHERE lane = :lane AND lower(adopted_as) = ANY(:adopted)
            AND adopted_as IS NOT NULL AND superseded_at IS NULL
          UNION ALL
          SELECT id FROM fulfillment_order WHERE lane = :lane AND remote_id = ANY(:remote_ids)
            AND adopted_as IS NOT NULL AND superseded_at IS NULL)
    ORDER BY id
    """
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a page of shipments brought."""

    shipments: int
    packages: int
    unmatched: int


def store_page(connection: Connection, lane: str, shipments: Sequence[Shipment]) -> Stored:
    """Write a page of shipments; the same page again changes nothing. One that matches no order is kept."""
    unique = {shipment.key: shipment for shipment in shipments}
    if not unique:
        return Stored(0, 0, 0)
    rows = json.dumps([_shipment_row(one) for one in unique.values()])
    stored = connection.execute(_SHIPMENTS, {"lane": lane, "shipments": rows}).all()
    ids = {row.key: row.id for row in stored}
    packages = [row for one in unique.values() for row in _package_rows(ids[one.key], one)]
    new = 0
    if packages:
        new = sum(row.new for row in connection.execute(_PACKAGES, {"packages": json.dumps(packages)}))
    unmatched = sum(row.new and row.fulfillment_order_id is None for row in stored)
    return Stored(sum(row.new for row in stored), new, unmatched)


def shipped_orders(connection: Connection, lane: str) -> Sequence[Row[Any]]:
    """Orders at the warehouse of which something shipped.

    Rows of id, state, adopted_as, final, ordered, contents_known, shipped.
    """
    return connection.execute(_SHIPPED, {"lane": lane}).all()


def acknowledged(connection: Connection, lane: str, orders: Sequence[RemoteOrder]) -> Sequence[Row[Any]]:
    """The fulfillment orders that these belong to, of which nothing has shipped; rows of id, known_as.

    `known_as` is the reference that the order has at the warehouse: ours, or the old system's.
    """
    names = {
        "own": sorted({base_reference(one.reference) for one in orders}),
        "adopted": sorted({name for one in orders for name in _names(one.reference)}),
        "remote_ids": sorted({one.remote_id for one in orders}),
    }
    return connection.execute(_ACKNOWLEDGED, {"lane": lane, **names}).all()


def _names(reference: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in possible_parents(reference))


def _shipment_row(one: Shipment) -> dict[str, Any]:
    return {
        "key": one.key,
        "remote_id": one.remote_id,
        "reference": one.reference,
        "base": base_reference(one.reference),
        "names": _names(one.reference),
        "shipped_at": one.shipped_at.isoformat() if one.shipped_at else None,
        "voided": one.voided,
        "final": one.final,
    }


def _package_rows(shipment_id: int, one: Shipment) -> list[dict[str, Any]]:
    # A shipment without any package (a pickup, a pallet) still has to be told: it gets one without a number.
    packages = one.packages or (Package(key=one.key, tracking=""),)
    return [
        {
            "shipment_id": shipment_id,
            "key": package.key,
            "position": position,
            "tracking": package.tracking,
            "carrier": package.carrier,
            "service": package.service,
            "contents": [
                {"sku": content.sku, "quantity": str(content.quantity), "line_id": content.line_id}
                for content in package.contents
            ],
        }
        for position, package in enumerate({package.key: package for package in packages}.values())
    ]
