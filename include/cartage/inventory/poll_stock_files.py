"""Read a warehouse's stock from the files that it sends: the newest one counts, and no new file is not an empty stock.

A file that names all SKUs replaces the reading before it; one with changes only changes those that it names. What is
older than the figures in use has no effect, and neither has what is quarantined.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Connection

from cartage.inventory.file_order import FileTimes, compare, figures_from
from cartage.inventory.repo.levels import (
    StockReading,
    complete_file_reading,
    keep_movements,
    last_reading,
    next_number,
    save_stock_cursor,
    stock_cursor,
    store_levels,
)
from cartage.runtime.context import StageContext
from cartage.runtime.inbound_documents import DocumentIntake, ReleasedDocument
from cartage.runtime.known_lanes import lock_lane
from cartage.runtime.unreadable_rows import keep_unreadable
from cartage.warehouses.contract import StockPage
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.document_pages import merged
from cartage.warehouses.documents import DocumentPart, InboundDocument
from cartage.warehouses.repo.inbound import FileFinding
from cartage.warehouses.repo.unreadable_rows import drop_read_stock, drop_unseen
from cartage.warehouses.unreadable import RowKind

log = logging.getLogger(__name__)

_COUNTS = ("pages", "skus", "unreadable", "movements", "older")


class StockFiles:
    """One poll of a lane's stock files."""

    def __init__(self, context: StageContext, warehouse: DocumentWarehouse) -> None:
        self._context = context
        self._warehouse = warehouse
        self._lane, self._place = context.lane.name, context.warehouse_name
        _ = context.store_row  # The lane must be in the ledger: its row is the lock.
        self._began_at = context.ledger.now()
        self._files = DocumentIntake(context, DocumentPart.STOCK, self._began_at)
        self._counts = dict.fromkeys(_COUNTS, 0)

    def poll(self) -> dict[str, int]:
        """Take in every new file, each in one transaction; return the counts.

        Raises:
            RemoteError: if the warehouse's files cannot be read; what was taken in stays.
        """
        context = self._context
        with context.ledger.begin() as connection:
            seen = cursor = stock_cursor(connection, self._lane, self._place)
        for page in merged(self._warehouse.poll_stock(cursor)):
            if context.stop.is_set():
                break
            if isinstance(page, StockPage) and page.document is not None:
                self._take(page, page.document)
            seen = page.cursor
        if seen != cursor:
            with context.ledger.begin() as connection:
                save_stock_cursor(connection, self._lane, self._place, seen)
        if not context.stop.is_set():
            for released in self._files.released():
                self._apply_released(released)
        self._files.finish(whole=not context.stop.is_set())
        return self._counts | self._files.counts

    def _take(self, page: StockPage, document: InboundDocument) -> None:
        with self._context.ledger.begin() as connection:
            lock_lane(connection, self._lane)
            known = self._files.take_again(connection, document)
            taken = self._files.take(connection, page)
            if taken is not None:
                finding = self._apply(connection, page, document, taken.id)
                self._files.keep(connection, taken.id, document, [finding] if finding else [])
            elif known is not None and self._is_newer(connection, page, document):
                # The same figures again: they are those of a later time.
                self._files.renew(connection, document, known)
                self._store(connection, page, document, known)
        self._files.acknowledge(page)

    def _apply_released(self, released: ReleasedDocument) -> None:
        with self._context.ledger.begin() as connection:
            lock_lane(connection, self._lane)
            if not self._files.take_released(connection, released):
                return
            for page in released.pages:
                if isinstance(page, StockPage) and page.document is not None:
                    finding = self._apply(connection, page, page.document, released.id)
                    self._files.keep_after_release(connection, released.id, [finding] if finding else [])

    def _apply(
        self, connection: Connection, page: StockPage, document: InboundDocument, document_id: int
    ) -> FileFinding | None:
        """Apply a page for the first time; return why it has no effect, if it has none."""
        keep_movements(connection, self._lane, document_id, page.movements)
        self._counts["movements"] += len(page.movements)
        if not _says_levels(page):
            return None
        last = last_reading(connection, self._lane, self._place)
        if last is not None and self._compared(page, document, last) < 0:
            self._counts["older"] += 1
            reason = f"its stock is older than that of {last.path or 'the last reading'}, which is in use"
            return FileFinding("no_effect", reason, "Nothing: the newest file counts.")
        self._store(connection, page, document, document_id)
        return None

    def _is_newer(self, connection: Connection, page: StockPage, document: InboundDocument) -> bool:
        last = last_reading(connection, self._lane, self._place)
        return _says_levels(page) and last is not None and self._compared(page, document, last) > 0

    def _compared(self, page: StockPage, document: InboundDocument, last: StockReading) -> int:
        known = FileTimes(last.as_of, last.path or "", last.modified_at)
        return compare(_times(page, document), known, self._began_at)

    def _store(
        self, connection: Connection, page: StockPage, document: InboundDocument, document_id: int
    ) -> None:
        """Let the figures of a page count from now on."""
        context, lane, times = self._context, self._lane, _times(page, document)
        last = last_reading(connection, lane, self._place)
        # Of a file of which a part is quarantined, what it does not name is not known.
        full = (page.full and not page.quarantined) or last is None
        number = next_number(connection, lane, self._place) if full or last is None else last.number
        store_levels(connection, lane, self._place, number, page.items)
        unreadable = keep_unreadable(context, connection, page.unreadable)
        complete_file_reading(
            connection,
            lane,
            self._place,
            number,
            began_at=figures_from(times, last.finished_at if last else self._began_at, self._began_at),
            as_of=times.known(self._began_at).as_of,
            delay=self._warehouse.capabilities.visibility_delay,
            on_hand_only=any(level.on_hand_only for level in page.items),
            document_id=document_id,
        )
        if full:
            drop_unseen(connection, lane, RowKind.STOCK, self._began_at, self._place)
        else:
            drop_read_stock(
                connection, lane, {level.sku for level in page.items}, self._began_at, self._place
            )
        self._counts["pages"] += 1
        self._counts["skus"] += len(page.items)
        self._counts["unreadable"] += unreadable
        log.info(
            "lane %s: the stock of %d SKUs is that of %s%s",
            lane,
            len(page.items),
            document.name,
            "" if full else "; the others are as they were",
        )


def _says_levels(page: StockPage) -> bool:
    """Return whether a page says anything about levels: not one with movements alone, nor one that cannot be used."""
    return bool(page.items or page.unreadable) or not (page.movements or page.quarantined)


def _times(page: StockPage, document: InboundDocument) -> FileTimes:
    made: list[datetime] = [level.as_of for level in page.items if level.as_of]
    return FileTimes(min(made, default=None), document.path, document.modified_at)
