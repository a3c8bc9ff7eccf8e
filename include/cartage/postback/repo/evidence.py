"""What the ledger can testify of the outside from what happened, without asking it again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

# The newest post-backs of all lanes: enough to hold one of every lane at work, and no more as the ledger grows.
_LAST_WRITE_TAKEN = text(
    """
    SELECT max(newest.finished_at)
    FROM (SELECT sales_order_id, outcome, finished_at FROM post_back ORDER BY id DESC LIMIT 5000) newest
    JOIN sales_order s ON s.id = newest.sales_order_id
    WHERE newest.outcome = 'written' AND s.lane = :lane
    """
)


def last_write_taken(connection: Connection, lane: str) -> datetime | None:
    """When the store last took a write of this lane; None if none is among the newest."""
    found: datetime | None = connection.execute(_LAST_WRITE_TAKEN, {"lane": lane}).scalar_one()
    return found
