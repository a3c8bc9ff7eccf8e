"""Shipments and packages as the warehouse reports them, and what they make of the fulfillment orders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.orders.model import Package, Shipment
from cartage.warehouses.contract import base_reference

_SHIPMENTS = text(
    """
    INSERT INTO shipment (lane, key, fulfillment_order_id, remote_id, reference, shipped_at, voided, final)
    SELECT :lane, w.key, f.id, w.remote_id, w.reference, w.shipped_at, w.voided, w.final
    FROM jsonb_to_recordset(CAST(:shipments AS jsonb)) AS w(
        key text, remote_id text, reference text, base text, shipped_at timestamptz, voided boolean, final boolean)
    LEFT JOIN fulfillment_order f ON f.reference = w.base AND f.lane = :lane
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
    SELECT f.id, f.state,
           bool_and(h.final) AS final,
           (SELECT sum(l.quantity) FROM fulfillment_line l WHERE l.fulfillment_order_id = f.id) AS ordered,
           bool_and(jsonb_array_length(p.contents) > 0) AS contents_known,
           sum((SELECT sum((c ->> 'quantity')::numeric) FROM jsonb_array_elements(p.contents) AS c)) AS shipped
    FROM fulfillment_order f
    JOIN shipment h ON h.fulfillment_order_id = f.id AND NOT h.voided
    LEFT JOIN package p ON p.shipment_id = h.id
    WHERE f.lane = :lane AND f.state IN ('acknowledged', 'partially_shipped')
    GROUP BY f.id ORDER BY f.id
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
    """Orders at the warehouse of which something shipped: id, state, final, ordered, contents_known, shipped."""
    return connection.execute(_SHIPPED, {"lane": lane}).all()


def acknowledged(connection: Connection, lane: str, reference: str) -> list[int]:
    """The fulfillment order of this reference, if the warehouse has it and nothing of it has shipped."""
    query = text(
        "SELECT id FROM fulfillment_order"
        " WHERE lane = :lane AND reference = :reference AND state = 'acknowledged'"
    )
    return [row.id for row in connection.execute(query, {"lane": lane, "reference": reference})]


def _shipment_row(one: Shipment) -> dict[str, Any]:
    return {
        "key": one.key,
        "remote_id": one.remote_id,
        "reference": one.reference,
        "base": base_reference(one.reference),
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
