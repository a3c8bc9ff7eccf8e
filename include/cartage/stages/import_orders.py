"""Import: brings every eligible order of the window into the ledger, with its reason where it is not to ship.

A page is committed as it comes, so that a killed run loses at most one page of work and nothing of the truth. The
window counts as covered only in the transaction that commits the last page.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from cartage.errors import CartageError
from cartage.ledger import causes, coverage, lane_state
from cartage.ledger.orders import NewGroup, NewOrder, OrderBook, Recorded, withdraw_unseen
from cartage.orders.intake import take_in
from cartage.orders.model import SalesOrder
from cartage.orders.problems import Problem, ProblemKind
from cartage.orders.reference import ReferenceTooLong, make_reference
from cartage.stages.context import StageContext, Window
from cartage.storefront import OrderPage, OrderQuery, Unreadable, content_hash, translate_order
from cartage.storefront.times import both_instants
from cartage.storefront.wire import order_id_of

log = logging.getLogger(__name__)

Keep = Callable[[SalesOrder], bool]


def run(context: StageContext) -> dict[str, int]:
    """Import the window's orders; the newest run of a lane also sweeps the whole import status when it is due.

    A sweep reads every order that now has the import status, hence also those of the window: it replaces the
    window's own reads. Returns counts: pages, seen, imported, changed, unchanged, skipped, conflicts, unreadable,
    withdrawn (unsent orders that a complete sweep did not find), swept.

    Raises:
        CartageError: if there is neither a window nor a sweep to do, or a page could not be read.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    reader = PageReader(context, counts)
    if _sweep_is_due(context):
        since = context.ledger.now()
        reader.read(_sweep(context), lambda _: True)
        with context.ledger.begin() as connection:
            counts["withdrawn"] = withdraw_unseen(connection, context.lane.name, since, context.by)
            lane_state.swept(connection, context.lane.name)
            _cover(connection, context)
        counts["swept"] = 1
    elif context.window:
        for query in _window_queries(context, context.window):
            reader.read(query, lambda order: in_window(order, context))
        with context.ledger.begin() as connection:
            _cover(connection, context)
    elif not context.run.may_sweep:
        raise CartageError(
            "import_orders has no window: give window_start and window_end, or start it with a data interval."
        )
    return dict(counts)


_COUNTS = (
    "pages",
    "seen",
    "imported",
    "changed",
    "unchanged",
    "skipped",
    "conflicts",
    "unreadable",
    "withdrawn",
    "swept",
)


def in_window(order: SalesOrder, context: StageContext) -> bool:
    """Whether the order was placed or changed in the window; both instants of an ambiguous local time count."""
    window, zone = context.window, context.lane.store.zone()
    if window is None:
        return False
    stamps = [stamp for stamp in (order.ordered_at, order.updated_at) if stamp is not None]
    # An order whose times cannot be read is taken in, and blocked with that cause, rather than lost.
    if not stamps:
        return True
    return any(instant in window for stamp in stamps for instant in both_instants(stamp, zone))


class PageReader:
    """Reads the pages of a query into the ledger."""

    def __init__(self, context: StageContext, counts: Counter[str]) -> None:
        self._context = context
        self._counts = counts
        # An order whose status cannot be read came in a list of this status: it is blocked with that cause, not lost.
        self._statuses = (context.lane.store.import_status, 0)
        self.seen_ids: set[int] = set()

    def read(self, query: OrderQuery, keep: Keep) -> None:
        """Commit each page's orders that `keep` accepts and that have the import status."""
        for page, read_at in self._pages(query):
            if self._context.stop.is_set():
                raise CartageError(
                    "import_orders was asked to stop; the window stays uncovered and is read again."
                )
            self._commit(page, keep, read_at)

    def _pages(self, query: OrderQuery) -> Iterator[tuple[OrderPage, datetime]]:
        pages = self._context.store.list_orders(query)
        while True:
            read_at = self._context.ledger.now()
            page = next(pages, None)
            if page is None:
                return
            yield page, read_at

    def _commit(self, page: OrderPage, keep: Keep, read_at: datetime) -> None:
        orders, unreadable = self._translated(page, keep)
        context = self._context
        with context.ledger.begin() as connection:
            book = OrderBook(connection, context.store_row, context.lane.name, context.by)
            recorded = book.record(orders, read_at)
            self._record_unreadable(connection, unreadable)
        self._counts.update({"pages": 1, "seen": len(page.entries), "unreadable": len(unreadable)})
        self._counts.update(_numbers(recorded))
        self.seen_ids.update(one.order.order_id for one in orders)
        log.info(
            "lane %s: page of %d read: %d imported, %d changed, %d unchanged, %d skipped, %d unreadable",
            context.lane.name,
            len(page.entries),
            recorded.imported,
            recorded.changed,
            recorded.unchanged,
            recorded.skipped,
            len(unreadable),
        )

    def _translated(self, page: OrderPage, keep: Keep) -> tuple[list[NewOrder], list[Unreadable]]:
        zone = self._context.lane.store.zone()
        orders: dict[int, NewOrder] = {}
        unreadable: list[Unreadable] = []
        for entry in page.entries:
            # A window's second query holds mostly what the first had: read once, a moment ago, is enough.
            if order_id_of(entry) in self.seen_ids:
                continue
            order = translate_order(entry, zone)
            if isinstance(order, Unreadable):
                unreadable.append(order)
            elif order.status_id in self._statuses and keep(order):
                try:
                    orders[order.order_id] = self._new_order(order)
                except ReferenceTooLong as error:
                    unreadable.append(_unreferable(order, error))
        return [orders[order_id] for order_id in sorted(orders)], unreadable

    def _new_order(self, order: SalesOrder) -> NewOrder:
        store = self._context.lane.store
        intake = take_in(order, bundle_parents=store.bundles == "parent", live_since=store.live_since())
        code = self._context.store_row.code
        groups = tuple(
            NewGroup(
                shipment_id=group.shipment_id,
                reference=make_reference(code, order.order_id, group.shipment_id),
                ship_to=group.ship_to,
                ship_method=group.ship_method,
                lines=group.lines,
                skip=skip,
            )
            for group, skip in intake.groups
        )
        return NewOrder(intake.order, content_hash(order), groups)

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


def _sweep_is_due(context: StageContext) -> bool:
    every = context.lane.schedules.sweep_every
    if not context.run.may_sweep or not isinstance(every, timedelta):
        return False
    _ = context.store_row  # The lane must be in the ledger before it can remember its sweep.
    with context.ledger.begin() as connection:
        return lane_state.claim_sweep(connection, context.lane.name, every)


def _sweep(context: StageContext) -> OrderQuery:
    return OrderQuery(zone=context.lane.store.zone(), status=context.lane.store.import_status)


def _window_queries(context: StageContext, window: Window) -> tuple[OrderQuery, OrderQuery]:
    """Orders placed in the window, and orders changed in it: an old order may have become eligible just now."""
    store = context.lane.store
    placed = OrderQuery(
        zone=store.zone(), status=store.import_status, ordered_from=window.start, ordered_to=window.end
    )
    changed = OrderQuery(
        zone=store.zone(), status=store.import_status, updated_from=window.start, updated_to=window.end
    )
    return placed, changed


def _cover(connection: Connection, context: StageContext) -> None:
    if context.window:
        coverage.extend(connection, context.lane.name, context.window.start, context.window.end)


def _numbers(recorded: Recorded) -> dict[str, int]:
    return {
        "imported": recorded.imported,
        "changed": recorded.changed,
        "unchanged": recorded.unchanged,
        "skipped": recorded.skipped,
        "conflicts": recorded.conflicts,
    }


def _unreferable(order: SalesOrder, error: ReferenceTooLong) -> Unreadable:
    problem = Problem(
        ProblemKind.UNREADABLE_ORDER,
        "OrderID",
        "the order's numbers do not fit into a reference that warehouses accept",
        "Report the order's numbers to the developers.",
    )
    return Unreadable(
        order_id=order.order_id, problem=problem, what=str(error), content_hash=content_hash(order)
    )
