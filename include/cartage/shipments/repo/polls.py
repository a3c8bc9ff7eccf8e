"""How far a lane's shipments were polled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, text, update

from cartage.db.schema import lane_state
from cartage.runtime.known_lanes import require_known

_FIRST_SHIPMENT = text(
    """
    SELECT CASE WHEN quarantined_since IS NOT NULL AND shipments_polled_at IS NOT NULL
        -- The cursor that the quarantine reset stood where the last poll had ended.
        THEN least(quarantined_since, shipments_polled_at)
        ELSE least(CAST(:live_since AS timestamptz), cutover_at) END
    FROM lane_state WHERE lane = :lane
    """
)


def shipments_cursor(connection: Connection, lane: str) -> str:
    """Return where the next poll of shipments starts; empty at first, and for a lane that is not known yet."""
    query = select(lane_state.c.shipments_cursor).where(lane_state.c.lane == lane)
    cursor: str | None = connection.execute(query).scalar_one_or_none()
    return cursor or ""


def first_shipment(connection: Connection, lane: str, live_since: datetime) -> datetime:
    """Return the earliest instant at which an order of the lane can have shipped unknown to the ledger.

    That is the beginning of the last quarantine of the ledger; in a new ledger the go-live, or the cutover before it.
    """
    query = {"lane": lane, "live_since": live_since}
    moment: datetime = connection.execute(_FIRST_SHIPMENT, query).scalar_one()
    return moment


def save_cursor(connection: Connection, lane: str, cursor: str) -> None:
    """Save where the next poll of shipments starts.

    Raises:
        LedgerError: if the lane is not known.
    """
    statement = update(lane_state).where(lane_state.c.lane == lane)
    values = {"shipments_cursor": cursor, "shipments_polled_at": func.clock_timestamp()}
    require_known(connection.execute(statement.values(values)).rowcount, lane)
