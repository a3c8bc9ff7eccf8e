"""Evidence that the warehouse has an order: what it said other than by a response to a request.

A file target acknowledges late, or not at all, so the absence of evidence proves nothing. Its presence settles an
order whose outcome is unknown, and one about which a person was asked whether it was sent, whenever it arrives.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.lifecycle.exceptions import close_exception
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State

_NOTE = text(
    """
    UPDATE fulfillment_order f SET
        confirmed_at = coalesce(f.confirmed_at, clock_timestamp()),
        confirmed_as = coalesce(nullif(e.remote_id, ''), f.confirmed_as)
    FROM jsonb_to_recordset(CAST(:confirmed AS jsonb)) AS e(id bigint, remote_id text)
    WHERE f.id = e.id
      AND (f.confirmed_at IS NULL OR f.confirmed_as <> coalesce(nullif(e.remote_id, ''), f.confirmed_as))
    RETURNING f.id
    """
)

# For rows f (fulfillment_order): the warehouse said so of the order, of the document that holds it, or by shipping it.
_EVIDENCE = """
    LATERAL (
        SELECT f.confirmed_as AS remote_id, 'the warehouse acknowledged it' AS why WHERE f.confirmed_at IS NOT NULL
        UNION ALL
        SELECT h.remote_id, 'the warehouse shipped it' FROM shipment h
        WHERE h.fulfillment_order_id = f.id AND NOT h.voided
        UNION ALL
        SELECT '', 'the warehouse accepted the document ' || d.name
        FROM transfer t JOIN outbound_document d ON d.id = t.document_id
        WHERE t.fulfillment_order_id = f.id AND t.document_response = 'accepted'
        LIMIT 1
    ) e
"""

_EVIDENCE_OF = text(
    f"SELECT f.id, f.reference, e.remote_id, e.why FROM fulfillment_order f, {_EVIDENCE} WHERE f.id = ANY(:ids)"  # noqa: S608 - a constant of this module
)

# Orders (f) whose outcome the evidence (e) settles, with the exception (x) about it. A rejected order that ships all
# the same is at the warehouse, whatever it said before.
PROVED = f"""
    FROM fulfillment_order f
    LEFT JOIN exception x ON x.fulfillment_order_id = f.id AND x.closed_at IS NULL
        AND (x.kind = '{ExceptionKind.SENT_OR_NOT}' OR (x.kind = '{ExceptionKind.REJECTED_BY_WAREHOUSE}' AND EXISTS (
            SELECT FROM shipment h
            WHERE h.fulfillment_order_id = f.id AND NOT h.voided AND h.first_seen_at > x.opened_at))),
        {_EVIDENCE}
    WHERE f.lane = :lane
      -- What a person decided not to ship stays so.
      AND ((f.state = 'conflict' AND x.id IS NOT NULL AND coalesce(x.decision, '') <> 'drop')
           OR (f.state = 'unknown' AND (f.lease_until IS NULL OR f.lease_until < clock_timestamp())))
    """

_PROVED = text(
    f"""
    SELECT f.id, f.reference, e.remote_id, e.why, x.id AS exception_id
    {PROVED}
    ORDER BY f.id
    FOR UPDATE OF f SKIP LOCKED
    """
)

_FOUND = text(
    """
    UPDATE transfer SET outcome = 'found', remote_id = :remote_id
    WHERE fulfillment_order_id = :id AND outcome IN ('unknown', 'absent')
      AND attempt = (SELECT max(t.attempt) FROM transfer t WHERE t.fulfillment_order_id = :id)
    """
)


def note_confirmed(connection: Connection, confirmed: Mapping[int, str]) -> set[int]:
    """Note that the warehouse says that it has these fulfillment orders, with its own numbers of them ("": unknown).

    It moves no order: `settle_by_evidence` does. Return those of which it says something new.
    """
    if not confirmed:
        return set()
    rows = [{"id": order_id, "remote_id": remote_id} for order_id, remote_id in confirmed.items()]
    return set(connection.execute(_NOTE, {"confirmed": json.dumps(rows)}).scalars())


def evidence_of(connection: Connection, ids: Collection[int]) -> dict[int, Move]:
    """Return the move to `acknowledged` of those of the fulfillment orders that the warehouse has by the evidence."""
    return {row.id: _acknowledged(row) for row in connection.execute(_EVIDENCE_OF, {"ids": sorted(ids)})}


def settle_by_evidence(connection: Connection, lane: str, by: By) -> set[int]:
    """Acknowledge the lane's orders that may have been sent, and that the warehouse has by what it said since.

    Close the exceptions in which a person was asked. Return the orders. Idempotent.
    """
    rows = connection.execute(_PROVED, {"lane": lane}).all()
    moves = {row.id: _acknowledged(row) for row in rows}
    moved = move(connection, list(moves.values()), State.ACKNOWLEDGED, by, strict=False)
    for row in rows:
        if row.id in moved:
            connection.execute(_FOUND, {"id": row.id, "remote_id": moves[row.id].remote_id})
            if row.exception_id is not None:
                close_exception(connection, row.exception_id, moves[row.id].why, by)
    return moved


def _acknowledged(row: Row[Any]) -> Move:
    # A file target may name no number of its own: the reference is what it knows the order by.
    return Move(row.id, why=row.why, remote_id=row.remote_id or row.reference)
