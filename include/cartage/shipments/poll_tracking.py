"""Poll the warehouse for what it shipped, voided, cancelled or rejected since the last poll, and move its orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from sqlalchemy import Connection

from cartage.runtime.context import StageContext
from cartage.runtime.inbound_documents import DocumentIntake, ReleasedDocument
from cartage.runtime.known_lanes import lock_lane
from cartage.shipments import shipped_orders
from cartage.shipments.apply_page import EndedOrder, apply_page, ended_orders
from cartage.shipments.repo import polls, quantities
from cartage.shipments.silent_orders import ask_about_silent_orders
from cartage.warehouses.contract import Reconcile, RemoteState, ShipmentPage
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.document_pages import merged
from cartage.warehouses.documents import DocumentPart
from cartage.warehouses.references import is_family
from cartage.warehouses.repo import unreadable_rows
from cartage.warehouses.repo.inbound import FileFinding

_COUNTS = (
    "pages",
    "shipments",
    "packages",
    "unmatched",
    "matched",
    "voided",
    "shipped",
    "partially_shipped",
    "taken_back",
    "cancelled",
    "rejected",
    "confirmed",
    "responses",
    "settled",
    "unknown_orders",
    "exceptions",
    "unreadable",
)
# Orders that could not be read are asked for again by their numbers: a call each, in every poll.
_MOST_AGAIN = 50


def run(context: StageContext) -> dict[str, int]:
    """Poll the warehouse. The cursor is saved in the transaction that applies a page, so a killed run repeats the page.

    A page that was read from a file is applied once, and its file is put away after the commit.

    Return counts: pages, shipments, packages, unmatched, matched, voided, shipped, partially_shipped, taken_back,
    cancelled, rejected (a person decides, or the timeline says why it changes nothing), confirmed, responses (to
    documents of ours), settled (by what the warehouse said), unknown_orders (named in a notice, and not in the ledger),
    exceptions, unreadable (orders that cannot be read: kept, and read again by every poll); and those of
    `DocumentIntake`.

    Raises:
        RemoteError: if the warehouse cannot be read; what was stored stays stored.
    """
    poll = _Poll(context)
    poll.run()
    return dict(poll.counts) | poll.files.counts


def poll_orders(context: StageContext, remote_ids: Sequence[str]) -> dict[str, int]:
    """Read these orders at the warehouse and apply what it says of them, as a poll does; return counts.

    Raises:
        RemoteError: if the warehouse cannot be read.
    """
    counts: Counter[str] = Counter()
    for page in context.warehouse.read_shipments(remote_ids):
        ended = ended_orders(context, page)
        with context.ledger.begin() as connection:
            lock_lane(connection, context.lane.name)
            apply_page(context, connection, page, ended, counts)
    return dict(counts)


class _Poll:
    """One poll of a lane's warehouse."""

    def __init__(self, context: StageContext) -> None:
        self._context = context
        self._lane, self._place = context.lane.name, context.warehouse_name
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
        _ = context.store_row  # The lane must be in the ledger before its cursor can be saved.
        self._since = context.ledger.now()
        self.files = DocumentIntake(context, DocumentPart.ORDERS, self._since)

    def run(self) -> None:
        context, lane = self._context, self._lane
        with context.ledger.begin() as connection:
            cursor = polls.shipments_cursor(connection, lane, self._place)
            live_since = polls.first_shipment(connection, lane, self._place, context.lane.store.live_since())
            lock_lane(connection, lane)
            self.counts["matched"] = quantities.match_waiting(connection, lane, self._place)
        # Nothing of ours can have shipped before the lane went live: the first poll leaves out the account's history.
        first = context.warehouse.cursor_at(live_since)
        put_away = (replace(page, cursor=cursor or first) for page in self.files.forgotten(live_since))
        for page in merged(chain(put_away, context.warehouse.poll_shipments(cursor or first))):
            if context.stop.is_set():
                break
            if isinstance(page, ShipmentPage):
                self._take(page)
        if not context.stop.is_set():
            self._read_again()
            for released in self.files.released():
                self._apply_released(released)
        self.files.finish(whole=not context.stop.is_set())
        self._finish()

    def _take(self, page: ShipmentPage) -> None:
        """Apply a page and save the cursor; then let the warehouse's side note it."""
        ended = ended_orders(self._context, page)
        with self._context.ledger.begin() as connection:
            lock_lane(connection, self._lane)
            if page.document is None:
                self._apply(connection, page, ended)
            elif taken := self.files.take(connection, page):
                findings = self._apply(connection, page, ended)
                self.files.keep(connection, taken.id, page.document, findings)
            polls.save_cursor(connection, self._lane, self._place, page.cursor)
        self.files.acknowledge(page)

    def _apply(
        self, connection: Connection, page: ShipmentPage, ended: Sequence[EndedOrder]
    ) -> list[FileFinding]:
        findings = apply_page(self._context, connection, page, ended, self.counts)
        keys = {shipment.key for shipment in page.items} | set(page.unshipped)
        references = {shipment.reference for shipment in page.items}
        references |= {order.reference for order in page.cancelled}
        if keys:
            unreadable_rows.drop_read_orders(
                connection, self._lane, keys, self._since, references, self._place
            )
        return findings

    def _read_again(self) -> None:
        """Read the orders that could not be read before this run, and that it did not see: the cursor has passed them.

        A row of a file is not read again: the file was taken in.
        """
        context, lane = self._context, self._lane
        if isinstance(context.warehouse, DocumentWarehouse):
            return
        with context.ledger.begin() as connection:
            due = unreadable_rows.orders_to_read_again(
                connection, lane, self._since, _MOST_AGAIN, self._place
            )
        if not due:
            return
        self.counts.update(poll_orders(context, due))
        with context.ledger.begin() as connection:
            unreadable_rows.drop_read_orders(connection, lane, due, self._since, (), self._place)

    def _apply_released(self, released: ReleasedDocument) -> None:
        """Apply a file that a person has released, in spite of its faults."""
        pages = [page for page in released.pages if isinstance(page, ShipmentPage)]
        ended = [ended_orders(self._context, page) for page in pages]
        with self._context.ledger.begin() as connection:
            lock_lane(connection, self._lane)
            if not self.files.take_released(connection, released):
                return
            for page, of_page in zip(pages, ended, strict=True):
                findings = self._apply(connection, page, of_page)
                self.files.keep_after_release(connection, released.id, findings)

    def _finish(self) -> None:
        """Check what is left: adopted orders, of which only the warehouse knows what is open, and late matches."""
        context, lane = self._context, self._lane
        with context.ledger.begin() as connection:
            lock_lane(connection, lane)
            shipped_orders.accept_decisions(context, connection, self.counts)
            adopted = shipped_orders.adopted_waiting(connection, lane, self._place)
            if not adopted:
                self._check(connection, adopted, self._nothing_open(adopted))
                return
        over = self._nothing_open(adopted)
        with context.ledger.begin() as connection:
            lock_lane(connection, lane)
            self._check(connection, adopted, over)

    def _check(self, connection: Connection, adopted: Sequence[str], over: set[str] | None) -> None:
        shipped_orders.check_shipped_orders(
            self._context, connection, self.counts, over=over, adopted=set(adopted)
        )
        ask_about_silent_orders(self._context, connection, self.counts, now=self._since)

    def _nothing_open(self, adopted: Sequence[str]) -> set[str] | None:
        """Return the adopted orders of which the warehouse has nothing open; None if it cannot be asked.

        A warehouse that takes files cannot be: there, what its confirmations say decides.
        """
        warehouse = self._context.warehouse
        if warehouse.capabilities.reconcile is Reconcile.EVIDENCE:
            return None
        if not adopted:
            return set()
        return {
            reference
            for reference, found in warehouse.find_many(adopted)
            if not any(
                order.state is RemoteState.OPEN and is_family(order.reference, reference) for order in found
            )
        }
