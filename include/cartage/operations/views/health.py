"""The health of a lane's connections, from what the ledger knows, without a call to any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, text

from cartage.db.call_budget import PACE_NOW
from cartage.postback.repo.post_backs import last_write_taken

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

# How many of the newest transfers of all lanes are searched for those of one lane.
_NEWEST = 500

_LANE = text(
    f"""
    SELECT clock_timestamp() AS now, s.secure_url, l.swept_at, l.watched_to,
           store.pace, store.blocked_until, store.slowed_at
    FROM lane_state l JOIN store s ON s.id = l.store_id
    LEFT JOIN LATERAL (
        SELECT {PACE_NOW} AS pace, b.blocked_until, b.slowed_at FROM call_bucket b WHERE b.name = s.secure_url
    ) store ON true
    WHERE l.lane = :lane
    """  # noqa: S608 -- constants of the engine, no input
)

# The slowest of a warehouse's operations, where it counts them by themselves.
_WAREHOUSES = text(
    f"""
    SELECT w.warehouse, w.shipments_polled_at, calls.pace, calls.blocked_until
    FROM warehouse_state w CROSS JOIN LATERAL (
        SELECT min({PACE_NOW}) AS pace, max(b.blocked_until) AS blocked_until
        FROM call_bucket b WHERE b.name = w.counted_account OR starts_with(b.name, w.counted_account || '/')) calls
    WHERE w.lane = :lane
    """  # noqa: S608 -- constants of the engine, no input
)

_TRANSFERS = text(
    """
    SELECT f.warehouse, count(*) AS attempts,
           count(*) FILTER (WHERE newest.outcome IN ('unknown', 'not_sent')) AS failed,
           max(newest.finished_at) FILTER (
               WHERE newest.outcome IN ('created', 'already_exists', 'accepted', 'found')) AS taken_at,
           (array_agg(newest.error ORDER BY newest.id DESC) FILTER (WHERE newest.outcome IN ('unknown', 'not_sent')))[1]
               AS error
    FROM (
        SELECT id, fulfillment_order_id, outcome, finished_at, error FROM transfer ORDER BY id DESC LIMIT :newest
    ) newest
    JOIN fulfillment_order f ON f.id = newest.fulfillment_order_id
    WHERE f.lane = :lane GROUP BY f.warehouse
    """
)

# A first failure may be a chance; the lane's list shows the same.
_DOWN = text("SELECT remote, opened_at, what FROM circuit WHERE failures > 1 AND remote = ANY(:remotes)")


@dataclass(frozen=True, slots=True)
class Outage:
    """A remote that is down: since when, and its last failure."""

    since: datetime
    what: str


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
    outage: Outage | None


@dataclass(frozen=True, slots=True)
class WarehouseHealth:
    """When a warehouse last accepted an order and was polled; of its newest transfers, how many failed.

    `pace` is below 1, and `blocked_until` set, if it has slowed down the calls of the lane's account.
    """

    taken_at: datetime | None
    polled_at: datetime | None
    attempts: int
    failed: int
    last_error: str
    pace: float
    blocked_until: datetime | None
    outage: Outage | None


@dataclass(frozen=True, slots=True)
class Health:
    """The connections of a lane at one moment of the database's clock; None for what has not happened yet.

    `warehouses` are by name, in the lane's order; the only one of a lane has an empty name.
    """

    at: datetime
    store: StoreHealth
    warehouses: Mapping[str, WarehouseHealth]


def health(connection: Connection, lane: Lane) -> Health | None:
    """Return the health of the lane's connections; None if the ledger does not know the lane."""
    row = connection.execute(_LANE, {"lane": lane.name}).one_or_none()
    if row is None:
        return None
    store_key = f"store {row.secure_url}"
    keys = {view.warehouse_name: circuit_of(view) for view in lane.views()}
    down = _outages(connection, [store_key, *keys.values()])
    reads = [at for at in (row.watched_to, row.swept_at) if at is not None]
    store = StoreHealth(
        row.secure_url,
        max(reads) if reads else None,
        row.swept_at,
        last_write_taken(connection, lane.name),
        1.0 if row.pace is None else row.pace,
        row.slowed_at,
        _if_ahead(row.blocked_until, row.now),
        down.get(store_key),
    )
    states = {each.warehouse: each for each in connection.execute(_WAREHOUSES, {"lane": lane.name})}
    sent = {
        each.warehouse: each
        for each in connection.execute(_TRANSFERS, {"lane": lane.name, "newest": _NEWEST})
    }
    return Health(
        row.now,
        store,
        {
            name: _warehouse(states.get(name), sent.get(name), down.get(key), row.now)
            for name, key in keys.items()
        },
    )


def circuit_of(view: Lane) -> str:
    """Return the name of the circuit of the lane's warehouse, or of the one that the lane is seen from."""
    return f"warehouse {view.warehouse.connector}/{view.warehouse.connection}"


def _outages(connection: Connection, remotes: list[str]) -> dict[str, Outage]:
    return {
        row.remote: Outage(row.opened_at, row.what) for row in connection.execute(_DOWN, {"remotes": remotes})
    }


def _warehouse(
    state: Row[Any] | None, sent: Row[Any] | None, outage: Outage | None, now: datetime
) -> WarehouseHealth:
    return WarehouseHealth(
        taken_at=sent.taken_at if sent else None,
        polled_at=state.shipments_polled_at if state else None,
        attempts=sent.attempts if sent else 0,
        failed=sent.failed if sent else 0,
        last_error=(sent.error if sent else None) or "",
        pace=1.0 if state is None or state.pace is None else state.pace,
        blocked_until=_if_ahead(state.blocked_until, now) if state else None,
        outage=outage,
    )


def _if_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment and moment > now else None
