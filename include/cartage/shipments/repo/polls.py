"""How far the shipments of a lane's warehouses were polled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, text

from cartage.db.warehouse_state import note_warehouse, warehouse_row
from cartage.runtime.known_lanes import require_known

_FIRST_SHIPMENT = text(
    """
    SELECT CASE WHEN l.quarantined_since IS NOT NULL AND w.shipments_polled_at IS NOT NULL
        -- The cursor that the quarantine reset stood where the last poll had ended.
        THEN least(l.quarantined_since, w.shipments_polled_at)
        ELSE least(CAST(:live_since AS timestamptz), l.cutover_at) END
    FROM lane_state l LEFT JOIN warehouse_state w ON w.lane = l.lane AND w.warehouse = :warehouse
    WHERE l.lane = :lane
    """
)


def shipments_cursor(connection: Connection, lane: str, warehouse: str = "") -> str:
    """Return where the next poll of a warehouse's shipments starts; empty at first, and for an unknown lane."""
    row = warehouse_row(connection, lane, warehouse)
    return str(row.shipments_cursor) if row else ""


def first_shipment(connection: Connection, lane: str, warehouse: str, live_since: datetime) -> datetime:
    """Return the earliest instant at which an order of the lane can have shipped there unknown to the ledger.

    That is the beginning of the last quarantine of the ledger; in a new ledger the go-live, or the cutover before it.
    """
    query = {"lane": lane, "warehouse": warehouse, "live_since": live_since}
    moment: datetime = connection.execute(_FIRST_SHIPMENT, query).scalar_one()
    return moment


def save_cursor(connection: Connection, lane: str, warehouse: str, cursor: str) -> None:
    """Save where the next poll of a warehouse's shipments starts.

    Raises:
        LedgerError: if the lane is not known.
    """
    values = {"shipments_cursor": cursor, "shipments_polled_at": func.clock_timestamp()}
    require_known(note_warehouse(connection, lane, warehouse, **values), lane)
