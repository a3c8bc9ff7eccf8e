"""One list of the store, read to its end: a reading that died goes on where its last page was committed.

It knows offsets and ids, not what becomes of the orders.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from cartage.errors import CartageError, RemoteError
from cartage.intake.progress import Progress
from cartage.intake.repo import readings
from cartage.intake.repo.readings import ReadingPosition
from cartage.runtime.context import StageContext
from cartage.storefront import OrderPage, OrderQuery

log = logging.getLogger(__name__)

# A list that is longer than this many pages is counted, for a tenth more calls at most.
_COUNTED_AFTER = 10


class LongList:
    """A list under this name in the lane. Without a name nothing is kept of it: it is read from its beginning."""

    def __init__(self, context: StageContext, name: str, query: OrderQuery) -> None:
        self._context, self._query = context, query
        self.name = name
        self._position = self._kept()
        self.begun_at = self._position.begun_at if self._position else context.ledger.now()
        self._total = self._position.total if self._position else None
        behind = self._position.offset if self._position else 0
        self._progress = Progress(context.lane.name, name, begun_behind=behind)

    def pages(self) -> Iterator[tuple[OrderPage, datetime]]:
        """Yield each page with the time at which its request left; call `committing` where it is committed.

        Raises:
            CartageError: if the run is told to stop; nothing of the list is lost.
        """
        after_id, offset = (self._position.last_id, self._position.offset) if self._position else (0, 1)
        pages = self._context.store.list_orders(self._query, after_id=after_id, offset=offset)
        while True:
            read_at = self._context.ledger.now()
            page = next(pages, None)
            if page is None:
                return
            if self._context.stop.is_set():
                raise CartageError(
                    "import_orders was asked to stop; the window stays uncovered and is read again."
                )
            yield page, read_at
            self._progress.page(page.offset, self._total)
            self._count(page)

    def committing(self, connection: Connection, page: OrderPage) -> None:
        """Keep the position behind this page, in the transaction that commits its orders."""
        if self.name and (self._position or not page.last):
            self._position = ReadingPosition(page.last_id, page.offset, self.begun_at, self._total)
            readings.save_reading(connection, self._context.lane.name, self.name, self._position)

    def forget(self, connection: Connection) -> None:
        """Forget the position, in the transaction that covers what the list held."""
        if self._position:
            readings.clear_readings(connection, self._context.lane.name, [self.name])

    def _kept(self) -> ReadingPosition | None:
        if not self.name:
            return None
        with self._context.ledger.begin() as connection:
            position = readings.find_reading(connection, self._context.lane.name, self.name)
        if position:
            log.info(
                "lane %s: %s goes on behind OrderID %d, row %d, where a run of %s ended",
                self._context.lane.name,
                self.name,
                position.last_id,
                position.offset,
                f"{position.begun_at:%H:%M UTC}",
            )
        return position

    def _count(self, page: OrderPage) -> None:
        """Count a list that turns out to be long, once: only the log wants to know."""
        if page.last or self._total is not None or self._progress.pages != _COUNTED_AFTER:
            return
        try:
            self._total = self._context.store.count_orders(self._query)
        except RemoteError as error:
            log.warning("lane %s: %s could not be counted: %s", self._context.lane.name, self.name, error)
