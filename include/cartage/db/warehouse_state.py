"""What the ledger keeps about each warehouse of a lane between runs: a row that is made when it is first written."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, literal, select
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import lane_state, warehouse_state

_ROW = warehouse_state.c


def warehouse_row(connection: Connection, lane: str, warehouse: str) -> Row[Any] | None:
    """Return what is kept about a lane's warehouse; None if nothing is yet."""
    query = select(warehouse_state).where(_ROW.lane == lane, _ROW.warehouse == warehouse)
    return connection.execute(query).one_or_none()


def note_warehouse(connection: Connection, lane: str, warehouse: str, **values: Any) -> int:
    """Write columns of a lane's warehouse; return the number of rows: 0 if the ledger does not know the lane."""
    names = list(values)
    row = select(lane_state.c.lane, literal(warehouse), *(_literal(values[name], name) for name in names))
    new = insert(warehouse_state).from_select(
        ["lane", "warehouse", *names], row.where(lane_state.c.lane == lane)
    )
    written = new.on_conflict_do_update(
        index_elements=["lane", "warehouse"], set_={name: new.excluded[name] for name in names}
    )
    return len(connection.execute(written.returning(_ROW.lane)).all())


def _literal(value: Any, name: str) -> Any:
    return value if hasattr(value, "compile") else literal(value, _ROW[name].type)
