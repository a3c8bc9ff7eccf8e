"""Doubt: what a ledger that is new, restored or another's may not know of the outside, and how it ends.

A lane begins in doubt and falls back into it with every restore. What was placed before may then be at the warehouse
without the ledger's knowing, so that nothing of it is sent before the warehouse was asked. The mode ends with the first
full sweep that is settled; for orders placed before the doubt the rule stays, whenever they turn up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.lifecycle.transitions import By

# For rows f (fulfillment_order), s (sales_order) and l (lane_state). A day: the store's clock and dates are its own.
MUST_VERIFY = """
    (coalesce(f.asked_at, '-infinity') < l.quarantined_at
     AND (l.quarantine_ended_at IS NULL OR s.ordered_at IS NULL OR s.ordered_at < l.quarantined_at + interval '1 day'
          OR f.created_at < l.quarantine_ended_at))
"""

_QUARANTINE = text(
    """
    WITH doubted AS (
        UPDATE lane_state SET quarantined_at = clock_timestamp(), surveyed_at = NULL, quarantine_ended_at = NULL,
            -- A doubt that was not settled yet goes as far back as it did.
            quarantined_since = CASE WHEN quarantine_ended_at IS NULL
                THEN least(quarantined_since, CAST(:since AS timestamptz))
                ELSE CAST(:since AS timestamptz) END,
            swept_at = NULL, sweep_claimed_at = NULL, shipments_cursor = '',
            watched_to = least(watched_to, CAST(:since AS timestamptz)), watch_claimed_at = NULL
        WHERE CAST(:lanes AS text[]) IS NULL OR lane = ANY(CAST(:lanes AS text[]))
        RETURNING lane
    ), unread AS (
        DELETE FROM reading USING doubted WHERE reading.lane = doubted.lane
    ), told AS (
        INSERT INTO event (lane, kind, actor, run_id, why)
        SELECT lane, 'doubted', :actor, :run_id, :why FROM doubted ORDER BY lane
    )
    SELECT lane FROM doubted ORDER BY lane
    """
)

_LAST_EVENT = text("SELECT at FROM event ORDER BY id DESC LIMIT 1")

_OF_LANE = text(
    """
    SELECT quarantined_at, quarantined_since, surveyed_at, quarantine_ended_at,
           quarantined_at + CAST(:wait AS interval) < clock_timestamp() AS may_ask
    FROM lane_state WHERE lane = :lane
    """
)

_TO_ASK = text(
    f"""
    SELECT f.id, f.sales_order_id, f.order_id, f.reference, f.request, f.cancel_wanted_at IS NOT NULL AS cancel_wanted
    FROM fulfillment_order f
    JOIN sales_order s ON s.id = f.sales_order_id JOIN lane_state l ON l.lane = f.lane
    WHERE f.lane = :lane AND f.state = 'ready' AND f.id > :after AND {MUST_VERIFY}
    ORDER BY f.id LIMIT :size
    """  # noqa: S608 - a constant of this package
)

_ABSENT = text("UPDATE fulfillment_order SET asked_at = :at WHERE id = ANY(:ids)")

_LOCK = text(
    "SELECT id FROM fulfillment_order WHERE id = ANY(:ids) AND state = ANY(:states) ORDER BY id FOR UPDATE SKIP LOCKED"
)

_SURVEYED = text(
    """
    UPDATE lane_state SET surveyed_at = clock_timestamp()
    WHERE lane = :lane AND quarantined_at = :quarantined_at AND surveyed_at IS NULL
    """
)

_END_QUARANTINE = text(
    f"""
    UPDATE lane_state l SET quarantine_ended_at = clock_timestamp()
    WHERE l.lane = :lane AND l.quarantine_ended_at IS NULL AND l.surveyed_at IS NOT NULL
      AND l.swept_at >= l.quarantined_at
      AND NOT EXISTS (SELECT FROM fulfillment_order f WHERE f.lane = l.lane AND f.state IN ('imported', 'unknown'))
      AND NOT EXISTS (
          SELECT FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
          WHERE f.lane = l.lane AND f.state = 'ready' AND {MUST_VERIFY})
    """  # noqa: S608 - a constant of this package
)

_QUARANTINED_ORDERS = text(
    """
    SELECT f.id, f.sales_order_id, f.order_id, f.shipment_id, f.generation, f.reference, f.state, f.ship_to
    FROM fulfillment_order f JOIN lane_state l ON l.lane = f.lane
    WHERE f.lane = :lane AND f.superseded_at IS NULL AND f.adopted_as IS NULL AND f.id > :after
      AND f.created_at < l.quarantined_at
      AND (f.state IN ('imported', 'blocked', 'held', 'ready', 'acknowledged', 'partially_shipped')
           -- What was cancelled there since may live on under its next reference.
           OR (f.state = 'cancelled' AND f.state_since >= l.quarantined_at))
    ORDER BY f.id LIMIT :size
    """
)

_GROUPS = text(
    """
    SELECT f.id, f.sales_order_id, f.order_id, f.shipment_id, f.generation, f.reference, f.state, f.ship_to,
           s.lane, s.left_at IS NOT NULL AS left
    FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id AND f.superseded_at IS NULL
    WHERE s.store_id = :store_id AND s.order_id = ANY(:order_ids)
    ORDER BY f.id
    """
)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A lane's doubt: since when, about what (`since`; None: everything), and how far it was cleared up.

    `may_ask`: whether so much time has passed that an absence at the warehouse means something.
    """

    quarantined_at: datetime
    since: datetime | None
    surveyed_at: datetime | None
    quarantine_ended_at: datetime | None
    may_ask: bool


def quarantine(
    connection: Connection,
    since: datetime | None,
    by: By,
    why: str,
    *,
    lanes: Collection[str] | None = None,
) -> list[str]:
    """Put lanes (default: all) into find-before-send; returns their names.

    `since`: what happened outside from then on may be unknown; None: anything may. Polls of shipments and the watch of
    changes go back to it, and store and warehouse are searched anew.
    """
    names = None if lanes is None else sorted(lanes)
    values = {"since": since, "lanes": names, "actor": by.actor, "run_id": by.run_id, "why": why}
    return [row.lane for row in connection.execute(_QUARANTINE, values)]


def last_event(connection: Connection) -> datetime | None:
    """The last thing that this ledger knows to have happened; None if it is empty."""
    at: datetime | None = connection.execute(_LAST_EVENT).scalar_one_or_none()
    return at


def quarantine_of(connection: Connection, lane: str, *, wait: timedelta = timedelta(0)) -> Quarantine | None:
    """The lane's doubt, None for one that is not known. Before `wait` is over, absence says nothing."""
    row = connection.execute(_OF_LANE, {"lane": lane, "wait": wait}).one_or_none()
    if row is None:
        return None
    return Quarantine(
        row.quarantined_at, row.quarantined_since, row.surveyed_at, row.quarantine_ended_at, row.may_ask
    )


def unverified_ready(connection: Connection, lane: str, *, after: int, size: int) -> Sequence[Row[Any]]:
    """Ready orders that the warehouse is to be asked for first, after this id.

    Rows of id, sales_order_id, order_id, reference, request, cancel_wanted.
    """
    return connection.execute(_TO_ASK, {"lane": lane, "after": after, "size": size}).all()


def quarantined_orders(connection: Connection, lane: str, *, after: int, size: int) -> Sequence[Row[Any]]:
    """Open orders from before the doubt, of which the warehouse may know more.

    Rows of id, sales_order_id, order_id, shipment_id, generation, reference, state, ship_to.
    """
    return connection.execute(_QUARANTINED_ORDERS, {"lane": lane, "after": after, "size": size}).all()


def groups_of(connection: Connection, store_id: int, order_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The live fulfillment orders of these orders of a store, in any lane.

    Rows as those of `doubtful`, with lane, and left: whether the order was left to the old system.
    """
    return connection.execute(_GROUPS, {"store_id": store_id, "order_ids": sorted(order_ids)}).all()


def document_of(connection: Connection, sales_order_id: int) -> dict[str, Any]:
    """The copy of a sales order that the ledger has."""
    query = text("SELECT document FROM sales_order WHERE id = :id")
    found: dict[str, Any] = connection.execute(query, {"id": sales_order_id}).scalar_one()
    return found


def note_absent(connection: Connection, ids: Collection[int], at: datetime) -> None:
    """Note that the warehouse, asked at `at` (when the question left, by the database's clock), did not have these."""
    if ids:
        connection.execute(_ABSENT, {"ids": sorted(ids), "at": at})


def lock_orders(connection: Connection, ids: Collection[int], states: Collection[str]) -> set[int]:
    """Those of the fulfillment orders that are in one of these states, locked; what another run holds is left out."""
    return {row.id for row in connection.execute(_LOCK, {"ids": sorted(ids), "states": sorted(states)})}


def note_surveyed(connection: Connection, lane: str, quarantined_at: datetime) -> None:
    """Note that store and warehouse were searched, unless there is a newer doubt."""
    connection.execute(_SURVEYED, {"lane": lane, "quarantined_at": quarantined_at})


def quarantined_lanes(connection: Connection) -> list[str]:
    """The lanes whose find-before-send mode has not ended."""
    query = text("SELECT lane FROM lane_state WHERE quarantine_ended_at IS NULL ORDER BY lane")
    return list(connection.execute(query).scalars())


def end_quarantine(connection: Connection, lane: str) -> bool:
    """End the mode if the first full sweep since the doubt is settled; whether this call ended it."""
    return connection.execute(_END_QUARANTINE, {"lane": lane}).rowcount == 1
