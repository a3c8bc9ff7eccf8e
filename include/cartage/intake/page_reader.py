"""Read lists of orders in the import status into the ledger; each page is committed with the list's position."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import cached_property

from sqlalchemy import Connection

from cartage.intake.lane_intake import LaneIntake
from cartage.intake.long_list import LongList
from cartage.intake.order_book import OrderBook, PageResult
from cartage.intake.order_rows import NewOrder
from cartage.intake.own_writes import without_own_writes
from cartage.intake.sent_orders import SeenAgain, WatchSent
from cartage.lanes.modes import Mode
from cartage.lifecycle import causes
from cartage.model.orders import SalesOrder
from cartage.runtime.context import StageContext
from cartage.storefront import OrderPage, OrderQuery, Unreadable, translate_order
from cartage.storefront.wire.orders import order_id_of

log = logging.getLogger(__name__)

Keep = Callable[[SalesOrder], bool]

# Ids that a later query of the same run need not read again. More would make memory grow with the window.
_REMEMBERED = 20_000


class PageReader:
    """Reads the lists of one run into the ledger: orders in the import status, and no others."""

    def __init__(
        self,
        context: StageContext,
        counts: Counter[str],
        watch: WatchSent,
        statuses: Collection[int] = (),
    ) -> None:
        """Prepare to read; `watch` is given the orders that were sent already.

        `statuses` are the statuses that are imported, if not only the import status.
        """
        self._context = context
        self._counts = counts
        self._watch = watch
        # An order whose status cannot be read was listed under this status: it is blocked with that cause, not lost.
        self._statuses = (*(statuses or (context.statuses.import_status,)), 0)
        self.seen_ids: set[int] = set()

    def read(
        self,
        query: OrderQuery,
        keep: Keep,
        *,
        name: str = "",
        in_transaction: Callable[[Connection], None] = lambda _: None,
    ) -> LongList:
        """Commit each page's orders that `keep` accepts and that have the import status.

        `in_transaction` is called in the transaction of each page. A list with a `name` continues where an earlier
        reading of that name stopped; the caller deletes the position once it has covered what the list held.
        """
        listed = LongList(self._context, name, query)
        for page, read_at in listed.pages():
            orders, unreadable = self._translate(page, keep)
            with self._context.ledger.begin() as connection:
                result = self._book(connection).record(orders, read_at)
                hand_over_sent(self._context, connection, result.seen_again, self._counts, self._watch)
                self._record_unreadable(connection, unreadable)
                listed.committing(connection, page)
                in_transaction(connection)
            self._count(page, orders, result, len(unreadable))
        return listed

    @cached_property
    def _intake(self) -> LaneIntake:
        return LaneIntake.of(self._context)

    def _book(self, connection: Connection) -> OrderBook:
        context = self._context
        return OrderBook(
            connection, context.store_row, context.lane.name, context.by, imports_new=imports_new(context)
        )

    def _translate(self, page: OrderPage, keep: Keep) -> tuple[list[NewOrder], list[Unreadable]]:
        zone = self._context.lane.store.zone()
        read: list[SalesOrder] = []
        unreadable: list[Unreadable] = []
        for entry in page.entries:
            # A window's second query repeats most of the first: what was read a moment ago is not read again.
            if order_id_of(entry) in self.seen_ids:
                continue
            order = translate_order(entry, zone)
            if isinstance(order, SalesOrder) and not (order.status_id in self._statuses and keep(order)):
                continue
            if isinstance(order, SalesOrder):
                read.append(order)
            else:
                unreadable.append(order)
        orders: dict[int, NewOrder] = {}
        for order in without_own_writes(self._context, read):
            new = self._intake.new_order(order)
            if isinstance(new, Unreadable):
                unreadable.append(new)
            else:
                orders[new.order_id] = new
        return [orders[order_id] for order_id in sorted(orders)], unreadable

    def _count(
        self, page: OrderPage, orders: Sequence[NewOrder], result: PageResult, unreadable: int
    ) -> None:
        if len(self.seen_ids) < _REMEMBERED:
            self.seen_ids.update(order.order_id for order in orders)
        self._counts.update(pages=1, seen=len(page.entries), unreadable=unreadable)
        numbers = {name: getattr(result, name) for name in _RESULTS}
        self._counts.update(numbers)
        log.info(
            "lane %s: page of %d read: %s, %d unreadable",
            self._context.lane.name,
            len(page.entries),
            ", ".join(f"{number} {name}" for name, number in numbers.items()),
            unreadable,
        )

    def _record_unreadable(self, connection: Connection, entries: Sequence[Unreadable]) -> None:
        context = self._context
        ids = causes.open_causes(connection, context.lane.name, [entry.problem for entry in entries])
        for entry in entries:
            causes.record_unreadable(
                connection,
                context.lane.name,
                entry.content_hash,
                entry.what,
                ids[entry.problem.fingerprint],
                context.run.id,
            )


_RESULTS = ("imported", "changed", "unchanged", "skipped", "conflicts")


def imports_new(context: StageContext) -> bool:
    """Return whether the lane imports orders that it does not have yet; a draining lane only follows known ones."""
    return context.lane.mode is not Mode.DRAIN


def hand_over_sent(
    context: StageContext,
    connection: Connection,
    seen_again: Sequence[SeenAgain],
    counts: Counter[str],
    watch: WatchSent,
) -> None:
    """Hand the orders of a page that were sent already to the change watch, and add up its counts."""
    if seen_again:
        counts.update(watch(context, connection, seen_again))
