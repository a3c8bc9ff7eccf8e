"""Read the extracts: the store's and the warehouse's lists page by page, the ledger in batches. Writes nothing outside.

Each list is read once, in its largest pages. A page is reduced to its rows before the next one is asked for.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from cartage.errors import CartageError
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.own_writes import without_own_writes
from cartage.model.documents import address_from, stored_request
from cartage.model.orders import SalesOrder
from cartage.model.skip_reasons import BEFORE_GO_LIVE
from cartage.reconciliation.light_rows import (
    LedgerRow,
    StoreRow,
    WarehouseRow,
    address_text,
    carrier_text,
    epoch,
    expected_status,
    line_text,
    method_texts,
    named_numbers,
    number_text,
    part_row,
    place_text,
)
from cartage.reconciliation.repo import orders as ledger_orders
from cartage.runtime.context import StageContext
from cartage.storefront import OrderQuery, Unreadable, translate_order
from cartage.warehouses.contract import RemoteOrder
from cartage.warehouses.references import base_reference, possible_parents

log = logging.getLogger(__name__)

_BATCH = 1_000
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
# A warehouse's clock may differ from ours, and an order may be sent a moment after it was placed.
_MARGIN = timedelta(days=1)


class Extracts:
    """Reads the sides of one lane. `counts` are the pages, orders and unreadable rows of each."""

    def __init__(self, context: StageContext, secret: bytes) -> None:
        """Prepare to read; `secret` keys the digests of this run."""
        self._context, self._secret = context, secret
        self._intake = LaneIntake.of(context)
        self._hold = context.lane.post_back.wait_for_carrier
        self.counts: Counter[str] = Counter()
        with context.ledger.begin() as connection:
            self._adopted = ledger_orders.adopted_references(connection, context.lane.name)

    def store(self, since: datetime) -> Iterator[list[StoreRow]]:
        """Yield the ship groups of the store's orders that were placed since then: 300 orders a call.

        Raises:
            RemoteError: if a page cannot be read.
            CartageError: if the run is stopped.
        """
        query = OrderQuery(zone=self._context.lane.store.zone(), ordered_from=since)
        for page in self._context.store.list_orders(query):
            self.go_on()
            read = [translate_order(entry, self._context.lane.store.zone()) for entry in page.entries]
            orders = [order for order in read if isinstance(order, SalesOrder)]
            # The list is coarse: what was placed before is not in the ledger's extract either.
            placed = [order for order in orders if order.ordered_at is None or order.ordered_at >= since]
            self.counts.update(
                store_pages=1, store_orders=len(placed), store_unreadable=len(read) - len(orders)
            )
            yield self.store_rows(placed)

    def store_rows(self, orders: Sequence[SalesOrder]) -> list[StoreRow]:
        """Return orders of the store as rows, without what Cartage itself wrote to them."""
        by_id = {order.order_id: order for order in orders}
        found: list[StoreRow] = []
        for order in without_own_writes(self._context, orders):
            new = self._intake.new_order(order)
            if isinstance(new, Unreadable):
                self.counts["store_unreadable"] += 1
                continue
            written = by_id[order.order_id]
            texts = [group.tracking for group in written.groups]
            numbers = named_numbers([*texts, *written.internal_comments.splitlines()])
            ready = order.status_id == self._context.statuses.import_status
            found += [
                StoreRow(
                    order.order_id,
                    group.shipment_id,
                    order.status_id,
                    int(ready and group.skip != BEFORE_GO_LIVE),
                    new.content_hash,
                    line_text((line.sku, line.quantity) for line in group.lines),
                    address_text(group.ship_to),
                    " ".join(group.ship_method.split()),
                    numbers,
                    max(epoch(order.ordered_at), epoch(order.updated_at)),
                )
                for group in new.groups
            ]
        return found

    def ledger(self, since: datetime) -> Iterator[list[LedgerRow]]:
        """Yield the lane's fulfillment orders that were placed since then."""
        after = (_FIRST, 0)
        while True:
            self.go_on()
            with self._context.ledger.begin() as connection:
                rows = ledger_orders.orders_placed_since(
                    connection, self._context.lane.name, since, after=after, size=_BATCH, hold=self._hold
                )
            if not rows:
                return
            self.counts["ledger_orders"] += len(rows)
            yield self.ledger_rows(rows)
            after = (rows[-1].ordered_at, rows[-1].id)

    def ledger_rows(self, rows: Iterable[Row[Any]]) -> list[LedgerRow]:
        """Return rows of the ledger in the form that is compared."""
        return [self._ledger_row(row) for row in rows]

    def _ledger_row(self, row: Row[Any]) -> LedgerRow:
        request = stored_request(row.request)
        live = [package for package in row.packages if not package["voided"]]
        status, wanted = expected_status(
            row.states, row.posted_status, row.person_status, self._context.statuses
        )
        return LedgerRow(
            row.id,
            row.order_id,
            row.shipment_id,
            row.known_as.casefold(),
            row.known_as,
            row.remote_id,
            row.state,
            int(row.superseded),
            int(row.explained),
            int(row.busy),
            status,
            wanted,
            row.content_hash,
            row.seen_hash or "",
            line_text((sku, Decimal(quantity)) for sku, quantity in row.lines),
            address_text(address_from(row.ship_to)) if row.ship_to else "",
            " ".join(row.ship_method.split()),
            line_text((line.sku, line.quantity) for line in request.lines) if request else "",
            place_text(request.ship_to, self._secret) if request else "",
            method_texts(request.ship_method) if request else "",
            number_text(package["tracking"] for package in live if package["due"]),
            number_text(package["tracking"] for package in live if package["posted"]),
            number_text(package["tracking"] for package in row.packages if package["voided"]),
            number_text(package["tracking"] for package in live),
            carrier_text((package["tracking"], package["carrier"]) for package in live),
            epoch(row.changed_at),
            row.part,
            row.warehouse,
        )

    def warehouse(self, since: datetime) -> Iterator[list[WarehouseRow]]:
        """Yield the orders of each warehouse that changed since then, those of other systems included.

        A row is a part of an order: split children are put together when all are read.

        Raises:
            RemoteError: if a page cannot be read.
            NotSupported: if the warehouse has no list of orders.
        """
        for place in self._context.every_warehouse():
            for page in place.warehouse.list_orders(since - _MARGIN):
                self.go_on()
                self.counts.update(
                    warehouse_pages=1,
                    warehouse_orders=len(page.items),
                    warehouse_unreadable=len(page.unreadable),
                )
                yield self.warehouse_rows(page.items, place.warehouse_name)

    def warehouse_rows(self, orders: Iterable[RemoteOrder], at: str) -> list[WarehouseRow]:
        """Return orders of a warehouse as rows."""
        return [part_row(self.ref_of(order.reference), order, self._secret, at) for order in orders]

    def ref_of(self, reference: str) -> str:
        """Return the key of a warehouse's order: its reference, or that of the order that it was split from."""
        folded = reference.casefold()
        adopted = (parent for parent in possible_parents(folded) if parent in self._adopted)
        return next(adopted, base_reference(folded))

    def go_on(self) -> None:
        """Raise CartageError if the run is stopped."""
        if self._context.stop.is_set():
            raise CartageError(
                f"lane {self._context.lane.name}: the comparison was stopped; the next one begins again."
            )
