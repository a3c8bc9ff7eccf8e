"""How far each long list of the store was read; committed with every page, so that a stopped reading can continue.

A position is kept for six hours. After that too much has shifted, and the list is read from its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import reading
from cartage.db.schema.base import TIME

_KEPT_FOR = timedelta(hours=6)
_NOW = func.clock_timestamp(type_=TIME)


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """Where a reading stands: the last OrderID that was committed, its row in the list, and when the reading began.

    `total` is the length of the list, if it was counted.
    """

    last_id: int
    offset: int
    begun_at: datetime
    total: int | None = None


def find_reading(connection: Connection, lane: str, query: str) -> ReadingPosition | None:
    """Return the position of a list that was not read to its end; None if there is none or it is too old."""
    expired = reading.c.moved_at < _NOW - _KEPT_FOR
    connection.execute(delete(reading).where(reading.c.lane == lane, expired))
    columns = (reading.c.last_id, reading.c.offset, reading.c.begun_at, reading.c.total)
    found = select(*columns).where(reading.c.lane == lane, reading.c.query == query)
    row = connection.execute(found).one_or_none()
    return ReadingPosition(row.last_id, row.offset, row.begun_at, row.total) if row else None


def save_reading(connection: Connection, lane: str, query: str, position: ReadingPosition) -> None:
    """Keep the position, in the transaction that commits the page before it.

    If two runs read the same list, the position that is further ahead stays.
    """
    new = insert(reading).values(
        lane=lane,
        query=query,
        last_id=position.last_id,
        offset=position.offset,
        total=position.total,
        begun_at=position.begun_at,
    )
    kept = new.excluded
    ahead = new.on_conflict_do_update(
        index_elements=[reading.c.lane, reading.c.query],
        set_={
            reading.c.last_id: kept.last_id,
            reading.c.offset: kept.offset,
            reading.c.total: kept.total,
            reading.c.begun_at: func.least(reading.c.begun_at, kept.begun_at),
            reading.c.moved_at: _NOW,
        },
        where=reading.c.last_id <= kept.last_id,
    )
    connection.execute(ahead)


def clear_reading(connection: Connection, lane: str, query: str) -> None:
    """Delete the position of a list that was read to its end, in the transaction that covers what it held."""
    connection.execute(delete(reading).where(reading.c.lane == lane, reading.c.query == query))
