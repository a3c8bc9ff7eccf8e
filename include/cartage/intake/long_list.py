"""A list of the store, read page by page to its end; a stopped reading continues after its last committed page.

It knows offsets and ids, not what becomes of the orders. Progress is logged with count, rate and time left.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from cartage.db.engine import database_time
from cartage.errors import CartageError, RemoteError
from cartage.intake.repo.readings import ReadingPosition, clear_reading, find_reading, save_reading
from cartage.runtime.context import StageContext
from cartage.storefront import OrderPage, OrderQuery

log = logging.getLogger(__name__)

# A list with more pages than this is counted: that costs at most a tenth more calls.
_COUNTED_AFTER = 10


class LongList:
    """A list that the lane keeps a position of under `name`. Without a name it always starts at the beginning."""

    def __init__(self, context: StageContext, name: str, query: OrderQuery) -> None:
        self._context, self._query = context, query
        self.name = name
        with context.ledger.begin() as connection:
            self._position = self._find_position(connection)
            self.begun_at = self._position.begun_at if self._position else database_time(connection)
        self._total = self._position.total if self._position else None
        start = self._position.offset if self._position else 0
        # How many rows were read; once the last page was, the length of the list.
        self.rows = start
        self._progress = Progress(context.lane.name, name, start=start)

    def pages(self) -> Iterator[tuple[OrderPage, datetime]]:
        """Yield each page with the time at which its request left; call `committing` in the page's transaction.

        Raises:
            CartageError: if the run is asked to stop. The position is kept.
        """
        after_id, offset = (self._position.last_id, self._position.offset) if self._position else (0, 1)
        pages = self._context.store.list_orders(self._query, after_id=after_id, offset=offset)
        while True:
            read_at = self._context.ledger.now()
            page = next(pages, None)
            if page is None:
                return
            self.rows += len(page.entries)
            if self._context.stop.is_set():
                raise CartageError(
                    "import_orders was asked to stop; the window stays uncovered and is read again."
                )
            yield page, read_at
            self._progress.log_page(page.offset, self._total)
            self._count(page)

    def committing(self, connection: Connection, page: OrderPage) -> None:
        """Keep the position after this page, in the transaction that commits its orders."""
        if self.name and (self._position or not page.last):
            self._position = ReadingPosition(page.last_id, page.offset, self.begun_at, self._total)
            save_reading(connection, self._context.lane.name, self.name, self._position)

    def forget(self, connection: Connection) -> None:
        """Delete the position, in the transaction that covers what the list held."""
        if self._position:
            clear_reading(connection, self._context.lane.name, self.name)

    def _find_position(self, connection: Connection) -> ReadingPosition | None:
        if not self.name:
            return None
        position = find_reading(connection, self._context.lane.name, self.name)
        if position:
            log.info(
                "lane %s: %s continues after OrderID %d, row %d; it was begun at %s",
                self._context.lane.name,
                self.name,
                position.last_id,
                position.offset,
                f"{position.begun_at:%H:%M UTC}",
            )
        return position

    def _count(self, page: OrderPage) -> None:
        """Count the list once, if it turns out to be long; the total is only for the log."""
        if page.last or self._total is not None or self._progress.pages != _COUNTED_AFTER:
            return
        try:
            self._total = self._context.store.count_orders(self._query)
        except RemoteError as error:
            log.warning("lane %s: %s could not be counted: %s", self._context.lane.name, self.name, error)


class Progress:
    """The progress of one attempt to read a list, counted from the row at which it starts."""

    def __init__(
        self,
        lane: str,
        what: str,
        *,
        start: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lane, self._what, self._clock = lane, what, clock
        self._start, self._begun_at = start, clock()
        self._pages = 0

    @property
    def pages(self) -> int:
        """How many pages this attempt has read."""
        return self._pages

    def log_page(self, read: int, total: int | None) -> None:
        """Log that the first `read` rows are committed, of `total` if known; a list of one page logs nothing."""
        self._pages += 1
        if self._pages > 1:
            log.info("lane %s: %s: %s", self._lane, self._what, self.text(read, total))

    def text(self, read: int, total: int | None) -> str:
        """Return for example `3,000 of about 100,000 orders read, 260 a second, about 6 min left`."""
        rate = (read - self._start) / max(self._clock() - self._begun_at, 0.001)
        parts = [f"{read:,} of about {max(total, read):,} orders read" if total else f"{read:,} orders read"]
        parts.append(f"{rate:,.0f} a second")
        if total and rate > 0:
            parts.append(f"about {_duration_text(max(total - read, 0) / rate)} left")
        return ", ".join(parts)


def _duration_text(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
