"""The health of a lane's two connections, from what the ledger knows, without a call to either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from cartage.db.call_budget import PACE_NOW
from cartage.postback.repo.post_backs import last_write_taken

# How many of the newest transfers of all lanes are searched for those of one lane.
_NEWEST = 500

_LANE = text(
    f"""
    SELECT clock_timestamp() AS now, s.secure_url, l.swept_at, l.watched_to, polled.at AS shipments_polled_at,
           store.pace, store.blocked_until, store.slowed_at,
           warehouse.pace AS warehouse_pace, warehouse.blocked_until AS warehouse_blocked_until
    FROM lane_state l JOIN store s ON s.id = l.store_id
    LEFT JOIN LATERAL (
        SELECT {PACE_NOW} AS pace, b.blocked_until, b.slowed_at FROM call_bucket b WHERE b.name = s.secure_url
    ) store ON true
    -- The slowest of their operations, where the warehouses count them by themselves.
    CROSS JOIN LATERAL (
        SELECT min({PACE_NOW}) AS pace, max(b.blocked_until) AS blocked_until
        FROM warehouse_state w JOIN call_bucket b
            ON b.name = w.counted_account OR starts_with(b.name, w.counted_account || '/')
        WHERE w.lane = l.lane) warehouse
    -- The one that was not read for the longest time.
    CROSS JOIN LATERAL (
        SELECT min(w.shipments_polled_at) AS at FROM warehouse_state w WHERE w.lane = l.lane) polled
    WHERE l.lane = :lane
    """  # noqa: S608 -- constants of the engine, no input
)

_TRANSFERS = text(
    """
    SELECT count(*) AS attempts,
           count(*) FILTER (WHERE newest.outcome IN ('unknown', 'not_sent')) AS failed,
           max(newest.finished_at) FILTER (
               WHERE newest.outcome IN ('created', 'already_exists', 'accepted', 'found')) AS taken_at,
           (array_agg(newest.error ORDER BY newest.id DESC) FILTER (WHERE newest.outcome IN ('unknown', 'not_sent')))[1]
               AS error
    FROM (
        SELECT id, fulfillment_order_id, outcome, finished_at, error FROM transfer ORDER BY id DESC LIMIT :newest
    ) newest
    JOIN fulfillment_order f ON f.id = newest.fulfillment_order_id
    WHERE f.lane = :lane
    """
)


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """When the store was last read and written, and whether it has slowed the lane down (`pace` below 1)."""

    secure_url: str
    read_at: datetime | None
    swept_at: datetime | None
    written_at: datetime | None
    pace: float
    slowed_at: datetime | None
    blocked_until: datetime | None


@dataclass(frozen=True, slots=True)
class WarehouseHealth:
    """When the warehouse last accepted an order and was polled; of its newest transfers, how many failed.

    `pace` is below 1, and `blocked_until` set, if it has slowed down the calls of the lane's account.
    """

    taken_at: datetime | None
    polled_at: datetime | None
    attempts: int
    failed: int
    last_error: str
    pace: float
    blocked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """Both connections of a lane at one moment of the database's clock; None for what has not happened yet."""

    at: datetime
    store: StoreHealth
    warehouse: WarehouseHealth


def health(connection: Connection, lane: str) -> Health | None:
    """Return the health of the lane's connections; None if the ledger does not know the lane."""
    row = connection.execute(_LANE, {"lane": lane}).one_or_none()
    if row is None:
        return None
    sent = connection.execute(_TRANSFERS, {"lane": lane, "newest": _NEWEST}).one()
    reads = [at for at in (row.watched_to, row.swept_at) if at is not None]
    store = StoreHealth(
        row.secure_url,
        max(reads) if reads else None,
        row.swept_at,
        last_write_taken(connection, lane),
        1.0 if row.pace is None else row.pace,
        row.slowed_at,
        _if_ahead(row.blocked_until, row.now),
    )
    warehouse = WarehouseHealth(
        sent.taken_at,
        row.shipments_polled_at,
        sent.attempts,
        sent.failed,
        sent.error or "",
        1.0 if row.warehouse_pace is None else row.warehouse_pace,
        _if_ahead(row.warehouse_blocked_until, row.now),
    )
    return Health(row.now, store, warehouse)


def _if_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment and moment > now else None
