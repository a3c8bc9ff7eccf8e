"""The ledger's identity, the quarantine of its lanes, and the orders that a quarantine concerns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text, update

from cartage.db.schema import event, installation, lane_state
from cartage.lifecycle.quarantine import MUST_VERIFY
from cartage.lifecycle.transitions import By

_QUARANTINE = text(
    """
    WITH quarantined AS (
        UPDATE lane_state SET quarantined_at = clock_timestamp(), surveyed_at = NULL, quarantine_ended_at = NULL,
            -- An earlier quarantine that has not ended still reaches as far back as it did.
            quarantined_since = CASE
                WHEN quarantine_ended_at IS NULL THEN least(quarantined_since, CAST(:since AS timestamptz))
                ELSE CAST(:since AS timestamptz) END,
            swept_at = NULL, sweep_claimed_at = NULL,
            watched_to = least(watched_to, CAST(:since AS timestamptz)), watch_claimed_at = NULL
        WHERE CAST(:lanes AS text[]) IS NULL OR lane = ANY(CAST(:lanes AS text[]))
        RETURNING lane
    ), unread AS (
        DELETE FROM reading USING quarantined WHERE reading.lane = quarantined.lane
    ), from_the_beginning AS (
        UPDATE warehouse_state w SET shipments_cursor = '' FROM quarantined WHERE w.lane = quarantined.lane
    ), noted AS (
        INSERT INTO event (lane, kind, actor, run_id, why)
        SELECT lane, 'quarantined', :actor, :run_id, :why FROM quarantined ORDER BY lane
    )
    SELECT lane FROM quarantined ORDER BY lane
    """
)

_UNVERIFIED = text(
    f"""
    SELECT f.id, f.sales_order_id, f.order_id, f.reference, f.request, f.cancel_wanted_at IS NOT NULL AS cancel_wanted,
           f.warehouse, f.shipment_id, f.generation, f.ship_to, f.part
    FROM fulfillment_order f
    JOIN sales_order s ON s.id = f.sales_order_id JOIN lane_state l ON l.lane = f.lane
    WHERE f.lane = :lane AND f.warehouse = :warehouse AND f.state = 'ready' AND f.id > :after AND {MUST_VERIFY}
    ORDER BY f.id LIMIT :size
    """  # noqa: S608 - a constant of the engine
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
    """  # noqa: S608 - a constant of the engine
)

_QUARANTINED_ORDERS = text(
    """
    SELECT f.id, f.sales_order_id, f.order_id, f.shipment_id, f.generation, f.reference, f.state, f.ship_to,
           f.part, f.warehouse
    FROM fulfillment_order f JOIN lane_state l ON l.lane = f.lane
    WHERE f.lane = :lane AND f.superseded_at IS NULL AND f.adopted_as IS NULL AND f.id > :after
      AND f.created_at < l.quarantined_at
      AND (f.state IN ('imported', 'blocked', 'held', 'ready', 'acknowledged', 'partially_shipped')
           -- An order that was cancelled there since may have been resent under its next reference.
           OR (f.state = 'cancelled' AND f.state_since >= l.quarantined_at))
    ORDER BY f.id LIMIT :size
    """
)

_GROUPS = text(
    """
    SELECT f.id, f.sales_order_id, f.order_id, f.shipment_id, f.generation, f.reference, f.state, f.ship_to,
           f.part, f.warehouse, s.lane, s.left_at IS NOT NULL AS left_to_old_system
    FROM sales_order s JOIN fulfillment_order f ON f.sales_order_id = s.id AND f.superseded_at IS NULL
    WHERE s.store_id = :store_id AND s.order_id = ANY(:order_ids)
    ORDER BY f.id
    """
)

# Everybody may read the system's identity unless the database's owner has revoked it.
_TABLES = text(
    """
    SELECT concat_ws('/', d.oid, 'fulfillment_order'::regclass::oid) AS place,
           has_function_privilege('pg_control_checkpoint()', 'execute') AS may_read_system
    FROM pg_database d WHERE d.datname = current_database()
    """
)
_SYSTEM = text(
    """
    SELECT concat_ws('/', s.system_identifier, c.timeline_id) FROM pg_control_system() s, pg_control_checkpoint() c
    """
)

_SETTLE_INSTALLATION = text(
    """
    INSERT INTO installation (id, place) VALUES (:id, :place)
    ON CONFLICT (singleton) DO UPDATE SET id = excluded.id, place = excluded.place, settled_at = clock_timestamp()
        WHERE (installation.id, installation.place) IS DISTINCT FROM (excluded.id, excluded.place)
    """
)


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A lane's last quarantine.

    What happened outside since `since` may be unknown (None: anything may be). `surveyed_at` is when store and
    warehouse were searched, `absence_counts` whether enough time has passed that absence at the warehouse is proof.
    """

    quarantined_at: datetime
    since: datetime | None
    surveyed_at: datetime | None
    quarantine_ended_at: datetime | None
    absence_counts: bool


def quarantine(
    connection: Connection,
    since: datetime | None,
    by: By,
    why: str,
    *,
    lanes: Collection[str] | None = None,
) -> list[str]:
    """Quarantine lanes (default: all) and return their names.

    What happened outside since `since` may be unknown; None means that anything may be. Shipment polls and the change
    watch go back to that time, and store and warehouse are searched again.
    """
    names = None if lanes is None else sorted(lanes)
    values = {"since": since, "lanes": names, "actor": by.actor, "run_id": by.run_id, "why": why}
    return [row.lane for row in connection.execute(_QUARANTINE, values)]


def last_event(connection: Connection) -> datetime | None:
    """Return when the ledger's last event happened; None if it has none."""
    newest = select(event.c.at).order_by(event.c.id.desc()).limit(1)
    at: datetime | None = connection.execute(newest).scalar_one_or_none()
    return at


def quarantine_of(connection: Connection, lane: str, *, wait: timedelta = timedelta(0)) -> Quarantine | None:
    """Return the lane's last quarantine; None if the ledger does not know the lane.

    `wait` is how long after its beginning absence at the warehouse proves nothing.
    """
    rows = lane_state.c
    query = select(
        rows.quarantined_at,
        rows.quarantined_since,
        rows.surveyed_at,
        rows.quarantine_ended_at,
        (rows.quarantined_at + wait < func.clock_timestamp()).label("absence_counts"),
    ).where(rows.lane == lane)
    row = connection.execute(query).one_or_none()
    return None if row is None else Quarantine(*row)


def unverified_ready(
    connection: Connection, lane: str, *, after: int, size: int, warehouse: str = ""
) -> Sequence[Row[Any]]:
    """Return orders with an id above `after`, ready for this warehouse, that must be asked for before they are sent.

    Rows of id, sales_order_id, order_id, reference, request, cancel_wanted, warehouse, shipment_id, generation,
    ship_to, part.
    """
    values = {"lane": lane, "warehouse": warehouse, "after": after, "size": size}
    return connection.execute(_UNVERIFIED, values).all()


def quarantined_orders(connection: Connection, lane: str, *, after: int, size: int) -> Sequence[Row[Any]]:
    """Return open orders from before the quarantine, with an id above `after`; the warehouse may know more of them.

    Rows of id, sales_order_id, order_id, shipment_id, generation, reference, state, ship_to, part, warehouse.
    """
    return connection.execute(_QUARANTINED_ORDERS, {"lane": lane, "after": after, "size": size}).all()


def live_groups(connection: Connection, store_id: int, order_ids: Collection[int]) -> Sequence[Row[Any]]:
    """Return the live fulfillment orders of these orders of a store, in any lane.

    Rows as those of `quarantined_orders`, with lane, and left_to_old_system.
    """
    return connection.execute(_GROUPS, {"store_id": store_id, "order_ids": sorted(order_ids)}).all()


def note_surveyed(connection: Connection, lane: str, quarantined_at: datetime) -> None:
    """Note that store and warehouse were searched, unless the lane was quarantined again since."""
    this_one = (
        (lane_state.c.lane == lane)
        & (lane_state.c.quarantined_at == quarantined_at)
        & lane_state.c.surveyed_at.is_(None)
    )
    connection.execute(update(lane_state).where(this_one).values(surveyed_at=func.clock_timestamp()))


def quarantined_lanes(connection: Connection) -> list[str]:
    """Return the lanes whose quarantine has not ended."""
    query = (
        select(lane_state.c.lane)
        .where(lane_state.c.quarantine_ended_at.is_(None))
        .order_by(lane_state.c.lane)
    )
    return list(connection.execute(query).scalars())


def end_quarantine(connection: Connection, lane: str) -> bool:
    """End the lane's quarantine if everything of its first full sweep is settled; return whether this call ended it."""
    return connection.execute(_END_QUARANTINE, {"lane": lane}).rowcount == 1


def known_installation(connection: Connection) -> Row[Any] | None:
    """Return the ledger's own id and place; None before its first use."""
    query: Select[Any] = select(installation.c.id, installation.c.place)
    return connection.execute(query).one_or_none()


def present_place(connection: Connection) -> str:
    """Return where the tables are now: database, table, system and timeline."""
    tables = connection.execute(_TABLES).one()
    system = connection.execute(_SYSTEM).scalar_one() if tables.may_read_system else "-"
    return f"{tables.place}/{system}"


def settle_installation(connection: Connection, identity: str, place: str) -> bool:
    """Write down the ledger's id and place; return whether that changed anything."""
    values = {"id": identity, "place": place}
    return connection.execute(_SETTLE_INSTALLATION, values).rowcount > 0
