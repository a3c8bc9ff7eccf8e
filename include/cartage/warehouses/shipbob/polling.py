"""Turn changed orders into pages of shipments, and mark at ShipBob what was taken in. Knows no HTTP."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from cartage.model.orders import Shipment
from cartage.warehouses.api.rows import content_hash, unreadable_row
from cartage.warehouses.contract import RemoteOrder, RemoteState, ShipmentPage
from cartage.warehouses.documents import RejectedOrder
from cartage.warehouses.shipbob import translate, wire
from cartage.warehouses.shipbob.client import ShipBobClient
from cartage.warehouses.shipbob.contents import product_names
from cartage.warehouses.shipbob.orders import CANCELLED, OPEN, SHIPPED, OrderRow, Orders
from cartage.warehouses.shipbob.products import Products
from cartage.warehouses.shipbob.settings import ShipBobSettings
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)

_MARK = "/shipment:batchUpdateTrackingUpload"
_MOST_MARKED = 100
_NEEDED = {RemoteState.OPEN: OPEN, RemoteState.SHIPPED: SHIPPED, RemoteState.CANCELLED: CANCELLED}


class Polling:
    """The polls of one channel. It remembers which shipments ShipBob does not know to be synced."""

    def __init__(
        self, client: ShipBobClient, settings: ShipBobSettings, orders: Orders, products: Products
    ) -> None:
        self._client, self._settings, self._orders, self._products = client, settings, orders, products
        self._lock = threading.Lock()
        self._unsynced: set[str] = set()

    def pages(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield the orders changed since the cursor: what has shipped as shipments, the others beside them.

        The cursor is the server's time of the first response. The overlap is subtracted here.
        """
        before = _instant(cursor)
        since = before - self._settings.poll_overlap if before else None
        latest = before
        for changed in self._orders.changed(since):
            stamps = (translate.changed_at(row.value) for row in changed.rows)
            latest = max(filter(None, [latest, *stamps]), default=None)
            # Until the last page is read, a poll that ends begins again where it began.
            reached = (changed.through or latest) if changed.is_last else before
            yield self._shipment_page(changed.rows, reached.isoformat() if reached else cursor)

    def glance(self, cursor: str) -> str:
        """Return a digest of the first changed orders that have shipped or were cancelled; empty if none has."""
        ended = [
            f"{order.id} {translate.changed_at(order)} {[part.id for part in translate.shipped_of(order)]}"
            for order in (row.value for row in self._orders.first_changed(_instant(cursor)))
            if translate.shipped_of(order) or translate.state_of(order) is not RemoteState.OPEN
        ]
        return content_hash(ended) if ended else ""

    def read(self, remote_ids: Collection[str]) -> Iterator[ShipmentPage]:
        """Yield these orders as a poll would, up to fifty a call."""
        rows = [row for row in self._orders.with_ids(remote_ids) if self._orders.is_own(row)]
        if rows:
            yield self._shipment_page(rows, "")

    def mark_synced(self, page: ShipmentPage) -> None:
        """Mark the page's shipments at ShipBob as synced, those alone that are not.

        Other applications of the merchant may set that mark, so nothing here depends on it.
        """
        if not self._settings.mark_synced:
            return
        named = {package.key for shipment in page.items for package in shipment.packages}
        with self._lock:
            waiting = sorted(named & self._unsynced, key=int)
        for start in range(0, len(waiting), _MOST_MARKED):
            marked = waiting[start : start + _MOST_MARKED]
            self._mark(marked)
            with self._lock:
                self._unsynced.difference_update(marked)

    def _shipment_page(self, rows: Sequence[OrderRow], cursor: str) -> ShipmentPage:
        """Sort orders by their state. Of each state, other parts of the row must be readable."""
        shipped: list[wire.Order] = []
        cancelled: list[RemoteOrder] = []
        unshipped: list[str] = []
        rejected: list[RejectedOrder] = []
        unreadable: list[UnreadableRow] = []
        numbers = Counter(row.value.id for row in rows)
        for row in rows:
            order, state = row.value, translate.state_of(row.value)
            parts = translate.shipped_of(order)
            name = order.reference_id or order.id
            needed = SHIPPED if parts else _NEEDED[state]
            if numbers[order.id] > 1:
                unreadable.append(unreadable_row(RowKind.ORDER, row, ("id",), name))
            elif faulty := self._orders.faults(row, needed):
                unreadable.append(unreadable_row(RowKind.ORDER, row, faulty, name, order.id))
            else:
                if parts:
                    shipped.append(order)
                else:
                    unshipped.append(order.id)
                if state is RemoteState.CANCELLED:
                    cancelled.append(self._orders.remote(row))
                if why := translate.rejection(order, self._settings):
                    rejected.append(why)
        return ShipmentPage(
            items=tuple(self._shipments(shipped)),
            cursor=cursor,
            cancelled=tuple(cancelled),
            unshipped=tuple(unshipped),
            rejected=tuple(rejected),
            unreadable=tuple(unreadable),
        )

    def _shipments(self, orders: Sequence[wire.Order]) -> list[Shipment]:
        """Return what has shipped of these orders, with contents as the catalogue tells."""
        parts = [(order, translate.shipped_of(order)) for order in orders]
        names = {name for order, shipped in parts for name in product_names(order, shipped)}
        compositions = self._products.compositions(names) if names else {}
        with self._lock:
            for _, shipped in parts:
                self._unsynced.update(part.id for part in shipped if _waits_for_mark(part))
                self._unsynced.difference_update(part.id for part in shipped if part.is_tracking_uploaded)
        return [translate.shipment(order, compositions) for order in orders]

    def _mark(self, shipment_ids: Sequence[str]) -> None:
        """Mark shipments as synced. Repeating it changes nothing."""
        body = {"shipment_ids": [int(number) for number in shipment_ids], "is_tracking_uploaded": True}
        response = self._client.write(_MARK, body)
        if response.status >= 300:
            raise self._client.refusal(response, f"POST {_MARK}", safe=True)
        results = self._client.parsed(response, wire.UploadResults, f"POST {_MARK}", safe=True)
        if refused := [result.shipment_id for result in results.results if not result.is_success]:
            log.warning(
                "ShipBob does not mark %d shipments as synced: %s", len(refused), ", ".join(refused[:10])
            )


def _waits_for_mark(part: wire.ShipBobShipment) -> bool:
    return part.is_tracking_uploaded is False and bool(part.tracking.tracking_number) and part.id.isdecimal()


def _instant(cursor: str) -> datetime | None:
    """Return the instant of a cursor; None for none, or for one that no poll can have written."""
    try:
        found = datetime.fromisoformat(cursor)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
