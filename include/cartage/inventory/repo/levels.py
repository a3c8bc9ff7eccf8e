"""The stock of a warehouse: stored page by page, used once the last page is stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text

from cartage.db.schema import inbound_document, stock_movement, stock_reading
from cartage.db.warehouse_state import note_warehouse, warehouse_row
from cartage.inventory.availability import StockOnHand
from cartage.inventory.repo.open_quantities import Figures
from cartage.model.stock import StockMovement
from cartage.model.texts import strip_controls
from cartage.warehouses.listed import StockLevel

_LEVELS_AT_ONCE = 5_000

_NUMBER = text(
    """
    SELECT 1 + greatest(
        coalesce((SELECT number FROM stock_reading WHERE lane = :lane AND warehouse = :warehouse), 0),
        coalesce((SELECT max(number) FROM stock_level WHERE lane = :lane AND warehouse = :warehouse), 0))
    """
)

_STORE = text(
    """
    INSERT INTO stock_level AS known
        (lane, warehouse, sku, on_hand, available, allocated, on_hold, ordered_not_allocated, number)
    SELECT DISTINCT ON (page.sku) :lane, :warehouse, page.*, :number
    FROM unnest(
        CAST(:skus AS text[]), CAST(:on_hand AS numeric[]), CAST(:available AS numeric[]),
        CAST(:allocated AS numeric[]), CAST(:on_hold AS numeric[]), CAST(:ordered AS numeric[])
    ) AS page(sku, on_hand, available, allocated, on_hold, ordered_not_allocated)
    ORDER BY page.sku
    ON CONFLICT (lane, warehouse, sku) DO UPDATE SET
        on_hand = excluded.on_hand, available = excluded.available, allocated = excluded.allocated,
        on_hold = excluded.on_hold, ordered_not_allocated = excluded.ordered_not_allocated,
        number = greatest(known.number, excluded.number),
        changed_at = CASE WHEN (known.on_hand, known.available, known.ordered_not_allocated)
            IS DISTINCT FROM (excluded.on_hand, excluded.available, excluded.ordered_not_allocated)
            THEN clock_timestamp() ELSE known.changed_at END
    """
)

_COMPLETE = text(
    """
    INSERT INTO stock_reading AS known
        (lane, warehouse, number, began_at, as_of, delay, on_hand_only, went_back, skus)
    VALUES (:lane, :warehouse, :number, :began_at, :as_of, :delay, false, false, :skus)
    ON CONFLICT (lane, warehouse) DO UPDATE SET
        number = excluded.number, began_at = excluded.began_at, as_of = excluded.as_of, skus = excluded.skus,
        delay = excluded.delay, on_hand_only = excluded.on_hand_only,
        -- Servers of one warehouse may differ by seconds.
        went_back = coalesce(excluded.as_of < known.as_of - interval '1 min', false), finished_at = clock_timestamp()
    WHERE known.began_at <= excluded.began_at
    """
)


# Of a file with changes only, the figures that it does not name are as they were.
_COMPLETE_FILE = text(
    """
    INSERT INTO stock_reading AS known
        (lane, warehouse, number, began_at, as_of, delay, on_hand_only, went_back, skus, document_id)
    SELECT :lane, :warehouse, :number, :began_at, :as_of, :delay, :on_hand_only, false,
           (SELECT count(*) FROM stock_level
            WHERE lane = :lane AND warehouse = :warehouse AND number >= :number), :document_id
    ON CONFLICT (lane, warehouse) DO UPDATE SET
        number = excluded.number, began_at = excluded.began_at, as_of = excluded.as_of, skus = excluded.skus,
        delay = excluded.delay,
        on_hand_only = excluded.on_hand_only OR known.on_hand_only AND known.number = excluded.number,
        document_id = excluded.document_id, went_back = false, finished_at = clock_timestamp()
    """
)

_MOVEMENTS = text(
    """
    INSERT INTO stock_movement (lane, document_id, sku, quantity, kind, reason, reference, at)
    SELECT :lane, :document_id, m.sku, m.quantity, m.kind, m.reason, m.reference, m.at
    FROM jsonb_to_recordset(CAST(:movements AS jsonb))
        AS m(sku text, quantity numeric, kind text, reason text, reference text, at timestamptz)
    """
)

# What an earlier reading named and the last one does not is gone: the figure is 0. If its row cannot be read, it has no
# figure, so that the store's stays; nor has it while there is a row that does not say which SKU it is of.
_LEVELS = text(
    """
    SELECT l.sku,
        CASE WHEN l.number >= r.number THEN l.available ELSE 0 END AS available,
        CASE WHEN l.number >= r.number THEN l.ordered_not_allocated ELSE 0 END AS ordered_not_allocated
    FROM stock_level l JOIN stock_reading r ON r.lane = l.lane AND r.warehouse = l.warehouse
    WHERE l.lane = :lane AND l.warehouse = :warehouse AND NOT (l.number < r.number AND EXISTS (
        SELECT FROM unreadable_row u
        WHERE u.lane = l.lane AND u.warehouse = l.warehouse AND u.kind = 'stock' AND (u.name = l.sku OR u.name = '')))
    """
)


@dataclass(frozen=True, slots=True)
class StockReading:
    """The last complete reading. `began_at` and `now` are by the database's clock, `as_of` by the warehouse's.

    The figures know what the warehouse had acknowledged `delay` before `began_at`. If they are `on_hand_only`, they
    leave out what had shipped by then, and else all orders that the warehouse had.

    `path` is the file that it was read from, if it was, and `modified_at` the file's time.
    """

    number: int
    began_at: datetime
    as_of: datetime | None
    went_back: bool
    skus: int
    finished_at: datetime
    delay: timedelta
    on_hand_only: bool
    now: datetime
    path: str | None = None
    modified_at: datetime | None = None

    @property
    def figures(self) -> Figures:
        """What the figures leave out."""
        return Figures(self.began_at - self.delay, self.on_hand_only)


def stock_cursor(connection: Connection, lane: str, warehouse: str = "") -> str:
    """Return the cursor of the last poll of a warehouse's stock files; empty at first."""
    row = warehouse_row(connection, lane, warehouse)
    return str(row.stock_cursor) if row else ""


def save_stock_cursor(connection: Connection, lane: str, warehouse: str, cursor: str) -> None:
    """Save where the next poll of a warehouse's stock files starts."""
    note_warehouse(connection, lane, warehouse, stock_cursor=cursor)


def next_number(connection: Connection, lane: str, warehouse: str) -> int:
    """Return the number of a reading that begins now."""
    number: int = connection.execute(_NUMBER, {"lane": lane, "warehouse": warehouse}).scalar_one()
    return number


def store_levels(
    connection: Connection, lane: str, warehouse: str, number: int, levels: Sequence[StockLevel]
) -> None:
    """Store one page of a reading, in parts: a file is one page, and the arrays of a long one take much memory."""
    for first in range(0, len(levels), _LEVELS_AT_ONCE):
        part = levels[first : first + _LEVELS_AT_ONCE]
        values = {
            "lane": lane,
            "warehouse": warehouse,
            "number": number,
            "skus": [level.sku for level in part],
            "on_hand": [level.on_hand for level in part],
            "available": [level.available for level in part],
            "allocated": [level.allocated for level in part],
            "on_hold": [level.on_hold for level in part],
            "ordered": [level.ordered_not_allocated for level in part],
        }
        connection.execute(_STORE, values)


def complete_reading(
    connection: Connection,
    lane: str,
    warehouse: str,
    number: int,
    *,
    began_at: datetime,
    as_of: datetime | None,
    delay: timedelta,
    skus: int,
) -> None:
    """Record that every page of a reading is stored. It counts from now on, unless one that began later is complete."""
    values = {
        "lane": lane,
        "warehouse": warehouse,
        "number": number,
        "began_at": began_at,
        "as_of": as_of,
        "delay": delay,
        "skus": skus,
    }
    connection.execute(_COMPLETE, values)


def complete_file_reading(
    connection: Connection,
    lane: str,
    warehouse: str,
    number: int,
    *,
    began_at: datetime,
    as_of: datetime | None,
    delay: timedelta,
    on_hand_only: bool,
    document_id: int,
) -> None:
    """Record that the figures of a file are stored. They count from now on: the caller has judged that they are newer.

    `number` is that of a new reading, or the last one's for a file with changes only.
    """
    values = {
        "lane": lane,
        "warehouse": warehouse,
        "number": number,
        "began_at": began_at,
        "as_of": as_of,
        "delay": delay,
        "on_hand_only": on_hand_only,
        "document_id": document_id,
    }
    connection.execute(_COMPLETE_FILE, values)


def keep_movements(
    connection: Connection, lane: str, document_id: int, movements: Sequence[StockMovement]
) -> None:
    """Keep the receipts and adjustments of a file, for people to see."""
    rows = [
        {
            "sku": strip_controls(moved.sku),
            "quantity": str(moved.quantity),
            "kind": moved.kind.value,
            "reason": strip_controls(moved.reason),
            "reference": strip_controls(moved.reference),
            "at": moved.at.isoformat() if moved.at else None,
        }
        for moved in movements
    ]
    if rows:
        connection.execute(
            _MOVEMENTS, {"lane": lane, "document_id": document_id, "movements": json.dumps(rows)}
        )


def latest_movements(connection: Connection, lane: str, size: int) -> Sequence[Row[Any]]:
    """Return the movements that were last reported, the newest first.

    Rows of sku, quantity, kind, reason, reference, at, noted_at, path: the file that reported it.
    """
    moved, file = stock_movement.c, inbound_document.c
    shown = (moved.sku, moved.quantity, moved.kind, moved.reason, moved.reference, moved.at, moved.noted_at)
    query: Select[Any] = select(*shown, file.path).join_from(
        stock_movement, inbound_document, file.id == moved.document_id
    )
    return connection.execute(query.where(moved.lane == lane).order_by(moved.id.desc()).limit(size)).all()


def last_reading(connection: Connection, lane: str, warehouse: str = "") -> StockReading | None:
    """Return the last complete reading of a warehouse; None if there is none."""
    reading = stock_reading.c
    shown = (
        reading.number,
        reading.began_at,
        reading.as_of,
        reading.went_back,
        reading.skus,
        reading.finished_at,
        reading.delay,
        reading.on_hand_only,
    )
    file = inbound_document.c
    query = select(*shown, func.clock_timestamp().label("now"), file.path, file.modified_at)
    query = query.select_from(stock_reading).outerjoin(inbound_document, file.id == reading.document_id)
    row = (
        connection.execute(query.where(reading.lane == lane, reading.warehouse == warehouse))
        .mappings()
        .one_or_none()
    )
    return StockReading(**row) if row else None


def stock_levels(connection: Connection, lane: str, warehouse: str = "") -> list[StockOnHand]:
    """Return the figures of a warehouse's last complete reading, 0 for SKUs that only earlier ones named.

    Leave out SKUs of which the last one cannot be read.
    """
    rows = connection.execute(_LEVELS, {"lane": lane, "warehouse": warehouse})
    return [StockOnHand(row.sku, row.available, row.ordered_not_allocated) for row in rows]
