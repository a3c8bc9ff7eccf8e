"""Corrections that a person made here and that the store is still to get. The statements decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text, update

from cartage.db.schema import fulfillment_order

# For rows f (fulfillment_order). Nobody waits for the address of an order that will not ship.
CORRECTION_DUE = """
    f.lane = :lane AND f.correction_due_at IS NOT NULL AND f.superseded_at IS NULL
    AND f.state NOT IN ('skipped', 'cancelled')
    """

# `copy` is the ship group as the store's copy has it; null where retention has deleted that.
_DUE = text(
    f"""
    SELECT f.id, f.sales_order_id, f.order_id, f.shipment_id, f.ship_to, f.ship_method, f.corrected_by,
           f.correction_due_at,
           -- What was written for any part of the shipment.
           (SELECT coalesce(jsonb_agg(w.version ORDER BY o.id, w.place), '[]')
            FROM fulfillment_order o
            CROSS JOIN LATERAL jsonb_array_elements(o.written_corrections) WITH ORDINALITY AS w(version, place)
            WHERE o.sales_order_id = f.sales_order_id AND o.shipment_id = f.shipment_id AND o.superseded_at IS NULL
           ) AS written_corrections,
           jsonb_path_query_first(s.document, '$.groups[*] ? (@.shipment_id == $id)',
               jsonb_build_object('id', f.shipment_id)) AS copy,
           EXISTS (SELECT FROM fulfillment_order o
               WHERE o.sales_order_id = f.sales_order_id AND o.shipment_id = f.shipment_id AND o.id <> f.id
                 AND o.superseded_at IS NULL AND o.state NOT IN ('skipped', 'cancelled')
                 AND (o.ship_to, o.ship_method) IS DISTINCT FROM (f.ship_to, f.ship_method)) AS is_divided
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE {CORRECTION_DUE} AND f.id > :after
    ORDER BY f.id LIMIT :size
    """  # noqa: S608 - a constant of this module
)

MOST_WRITTEN = 5
"""So many corrections of one order are kept: lists of the store may still show one before the last."""

_INTEND = text(
    """
    UPDATE fulfillment_order SET written_corrections = (
        SELECT coalesce(jsonb_agg(version ORDER BY place), '[]') FROM (
            SELECT version, place FROM jsonb_array_elements(
                written_corrections || jsonb_build_array(jsonb_build_object(
                    'shipment_id', shipment_id, 'ship_to', ship_to, 'ship_method', ship_method))
            ) WITH ORDINALITY AS w(version, place)
            ORDER BY place DESC LIMIT :most
        ) last
    )
    WHERE id = :id AND correction_due_at = :due_at
    """
)


def due_corrections(connection: Connection, lane: str, *, after: int, size: int) -> Sequence[Row[Any]]:
    """Return the lane's corrections that are due, by ascending id of the fulfillment order beyond `after`."""
    return connection.execute(_DUE, {"lane": lane, "after": after, "size": size}).all()


def intend_correction(connection: Connection, order_id: int, due_at: datetime) -> bool:
    """Note that the correction made at `due_at` is about to leave; return False if there is a newer one, or none."""
    values = {"id": order_id, "due_at": due_at, "most": MOST_WRITTEN}
    return connection.execute(_INTEND, values).rowcount == 1


def end_correction(connection: Connection, order_id: int, due_at: datetime) -> bool:
    """Note that nothing of the correction made at `due_at` is left to write; return False if there is a newer one."""
    order = fulfillment_order.c
    ended = update(fulfillment_order).where(order.id == order_id, order.correction_due_at == due_at)
    return connection.execute(ended.values(correction_due_at=None)).rowcount == 1
