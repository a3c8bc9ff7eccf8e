"""Taking back unsent orders that left the import status; one that comes back is imported again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from cartage.ledger.states import State
from cartage.ledger.transitions import By, Move, move
from cartage.orders.intake import LEFT_IMPORT_STATUS

# An order that the store was told of left the import status by our own write: a part has shipped, the rest waits.
_UNSEEN = text(
    """
    SELECT f.id FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.lane = :lane AND f.state IN ('imported', 'blocked', 'held', 'ready') AND s.read_at < :since
      AND s.told_status IS NULL
    ORDER BY f.id
    FOR UPDATE OF f SKIP LOCKED
    """
)


def withdraw_unseen(connection: Connection, lane: str, since: datetime, by: By) -> int:
    """Take back unsent orders that a complete reading of the import status, begun at `since`, did not find.

    Returns how many were taken back.
    """
    ids = [row.id for row in connection.execute(_UNSEEN, {"lane": lane, "since": since})]
    return len(move(connection, [Move(one, why=LEFT_IMPORT_STATUS) for one in ids], State.SKIPPED, by))
