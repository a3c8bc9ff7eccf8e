"""How far a long list of the store was read, committed with each page, so that a reading that died goes on from there.

A position is kept for six hours: in an older one too much has shifted, and the list is read from its beginning.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

_KEPT_FOR = timedelta(hours=6)

_DROP_OLD = text(
    "DELETE FROM reading WHERE lane = :lane AND moved_at < clock_timestamp() - CAST(:age AS interval)"
)

_FIND = text('SELECT last_id, "offset", total, begun_at FROM reading WHERE lane = :lane AND query = :query')

# Of two runs that read the same list, the one that is further ahead says how far it was read.
_SAVE = text(
    """
    INSERT INTO reading (lane, query, last_id, "offset", total, begun_at)
    VALUES (:lane, :query, :last_id, :offset, :total, :begun_at)
    ON CONFLICT (lane, query) DO UPDATE SET
        last_id = excluded.last_id, "offset" = excluded."offset", total = excluded.total,
        begun_at = least(reading.begun_at, excluded.begun_at), moved_at = clock_timestamp()
    WHERE reading.last_id <= excluded.last_id
    """
)

_CLEAR = text("DELETE FROM reading WHERE lane = :lane AND query = ANY(:queries)")


@dataclass(frozen=True, slots=True)
class ReadingPosition:
    """Where a reading stands: the last OrderID that was committed, where its row was, and when the first try began.

    `total` is how long the list was, where it was counted.
    """

    last_id: int
    offset: int
    begun_at: datetime
    total: int | None = None


def find_reading(connection: Connection, lane: str, query: str) -> ReadingPosition | None:
    """The position of a list that was not read to its end; None if there is none, or only an old one."""
    connection.execute(_DROP_OLD, {"lane": lane, "age": _KEPT_FOR})
    row = connection.execute(_FIND, {"lane": lane, "query": query}).one_or_none()
    return ReadingPosition(row.last_id, row.offset, row.begun_at, row.total) if row else None


def save_reading(connection: Connection, lane: str, query: str, position: ReadingPosition) -> None:
    """Keep the position, in the transaction that commits the page before it."""
    connection.execute(
        _SAVE,
        {
            "lane": lane,
            "query": query,
            "last_id": position.last_id,
            "offset": position.offset,
            "total": position.total,
            "begun_at": position.begun_at,
        },
    )


def clear_readings(connection: Connection, lane: str, queries: Collection[str]) -> None:
    """Forget the positions of lists that were read to their end, in the transaction that covers what they hold."""
    if queries:
        connection.execute(_CLEAR, {"lane": lane, "queries": list(queries)})
