"""Conflicts: orders on which ledger and warehouse disagree, with what a person answered about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.lifecycle import exceptions
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import CONFLICTS

_DECIDED = text(
    """
    SELECT x.id AS exception_id, x.kind, x.decision, x.decided_by, f.id, f.sales_order_id, f.order_id, f.shipment_id,
           f.reference
    FROM exception x JOIN fulfillment_order f ON f.id = x.fulfillment_order_id
    WHERE x.lane = :lane AND x.closed_at IS NULL AND x.decision IS NOT NULL AND x.kind = ANY(:kinds)
      AND f.state = 'conflict'
    ORDER BY x.id LIMIT :size
    """
)

_RESOLVED = text(
    """
    SELECT x.id FROM exception x JOIN fulfillment_order f ON f.id = x.fulfillment_order_id
    WHERE x.lane = :lane AND x.closed_at IS NULL AND x.kind = ANY(:kinds) AND f.state <> 'conflict'
    ORDER BY x.id
    """
)

_KINDS = sorted(kind.value for kind in CONFLICTS)


def decided(connection: Connection, lane: str, *, size: int = 500) -> Sequence[Row[Any]]:
    """Orders in conflict about which a person has answered, the oldest question first.

    Rows of exception_id, kind, answer, decided_by, id, sales_order_id, order_id, shipment_id, reference.
    """
    return connection.execute(_DECIDED, {"lane": lane, "kinds": _KINDS, "size": size}).all()


def close_resolved(connection: Connection, lane: str, by: By) -> None:
    """Close questions about orders that left the conflict by another way."""
    for row in connection.execute(_RESOLVED, {"lane": lane, "kinds": _KINDS}):
        exceptions.close_exception(connection, row.id, "ledger and warehouse agree again", by)
