"""How far the shipments of a lane were polled, and whose turn it is to take them in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from cartage.runtime.known_lanes import require_known

_CURSOR = text("SELECT shipments_cursor FROM lane_state WHERE lane = :lane")


_FIRST_SHIPMENT = text(
    """
    SELECT CASE WHEN quarantined_since IS NOT NULL AND shipments_polled_at IS NOT NULL
        -- The cursor that the doubt took away stood where the last poll had come to.
        THEN least(quarantined_since, shipments_polled_at)
        ELSE least(CAST(:live_since AS timestamptz), cutover_at) END
    FROM lane_state WHERE lane = :lane
    """
)


_TURN = text("SELECT FROM lane_state WHERE lane = :lane FOR NO KEY UPDATE")


_SAVE_CURSOR = text(
    """
    UPDATE lane_state SET shipments_cursor = :cursor, shipments_polled_at = clock_timestamp()
    WHERE lane = :lane
    """
)


def shipments_cursor(connection: Connection, lane: str) -> str:
    """Where the next poll of shipments starts; empty at first, and for a lane that is not known yet."""
    cursor: str | None = connection.execute(_CURSOR, {"lane": lane}).scalar_one_or_none()
    return cursor or ""


def first_shipment(connection: Connection, lane: str, live_since: datetime) -> datetime:
    """The earliest instant at which an order of the lane can have shipped unknown to the ledger.

    That is where the last doubt of the ledger begins; in a new one the go-live, or the cutover before it.
    """
    query = {"lane": lane, "live_since": live_since}
    moment: datetime = connection.execute(_FIRST_SHIPMENT, query).scalar_one()
    return moment


def take_turn(connection: Connection, lane: str) -> None:
    """Let no other run take in shipments of the lane until this transaction ends: what one weighs, none changes."""
    connection.execute(_TURN, {"lane": lane})


def save_cursor(connection: Connection, lane: str, cursor: str) -> None:
    """Keep where the next poll of shipments starts.

    Raises:
        LedgerError: if the lane is not known.
    """
    require_known(connection.execute(_SAVE_CURSOR, {"lane": lane, "cursor": cursor}).rowcount, lane)
