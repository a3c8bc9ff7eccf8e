"""Poll for shipments: which orders to read again, and what each of them says.

An order's status changes when it is complete, not when one of several shipments leaves. So orders in progress are read
again in every poll, for as long as the lane's settings say.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from cartage.errors import MalformedResponse, NotFound, Refused
from cartage.errors.problems import Problem, ProblemKind
from cartage.model.orders import Shipment
from cartage.warehouses.api.rows import content_hash, unreadable_row
from cartage.warehouses.contract import RemoteOrder, ShipmentPage
from cartage.warehouses.documents import RejectedOrder
from cartage.warehouses.mcf import packages, translate, wire
from cartage.warehouses.mcf.orders import SHIPPED, ListedAmazonOrder, OrderRow, OutboundOrders, order_faults
from cartage.warehouses.mcf.settings import McfSettings
from cartage.warehouses.mcf.validation import can_ask
from cartage.warehouses.mcf.wire import AmazonOrderStatus
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)

# How many orders are read for a page, which is committed as a whole. At two calls a second that takes half a minute.
PAGE = 50
# Before the first fulfillment order of any seller.
_BEGINNING = datetime(2007, 1, 1, tzinfo=UTC)
_ENDED = (
    AmazonOrderStatus.COMPLETE,
    AmazonOrderStatus.COMPLETE_PARTIALLED,
    AmazonOrderStatus.CANCELLED,
    AmazonOrderStatus.INVALID,
    AmazonOrderStatus.UNFULFILLABLE,
)
_REASONS = {
    AmazonOrderStatus.INVALID: "Amazon finds the order invalid: its address, or too little sellable stock",
    AmazonOrderStatus.UNFULFILLABLE: "Amazon cannot fulfill the order: it finds no sellable units",
}


class ShipmentPoll:
    """The orders of one seller as pages of shipments."""

    def __init__(self, orders: OutboundOrders, settings: McfSettings) -> None:
        self._orders, self._settings = orders, settings

    def pages(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield what changed since the cursor less the overlap, and what is in progress, oldest change first."""
        high = parse_cursor(cursor)
        since = high - self._settings.poll_overlap
        listed = self._orders.changed(min(since, high - self._settings.processing_span))
        due = [order for order in listed if _is_due(order, since)]
        askable = [order for order in due if not order.seller_id or can_ask(order.seller_id)]
        if len(askable) < len(due):
            log.warning(
                "Amazon MCF: %d orders have ids that cannot be asked for (a space, a plus); left out",
                len(due) - len(askable),
            )
        for start in range(0, len(askable), PAGE):
            chunk = askable[start : start + PAGE]
            high = max([high, *(order.stamp for order in chunk if order.stamp)])
            nameless = [
                unreadable_row(
                    RowKind.ORDER, order.row, order.row.faults or ("sellerFulfillmentOrderId",), ""
                )
                for order in chunk
                if not order.seller_id
            ]
            yield self._page(
                [order.seller_id for order in chunk if order.seller_id], write_cursor(high), nameless
            )

    def glance(self, cursor: str) -> str:
        """Return a digest of the first orders that have ended since the cursor; empty if none has."""
        high = parse_cursor(cursor)
        ended = sorted(
            f"{order.seller_id} {order.status} {order.stamp}"
            for order in self._orders.first_changed(high)
            if order.status in _ENDED and (order.stamp is None or order.stamp > high)
        )
        return content_hash(ended) if ended else ""

    def again(self, seller_ids: Collection[str]) -> Iterator[ShipmentPage]:
        """Yield these orders as a poll would."""
        if seller_ids:
            yield self._page(list(seller_ids), "", ())

    def _page(
        self, seller_ids: Sequence[str], cursor: str, nameless: Sequence[UnreadableRow]
    ) -> ShipmentPage:
        shipments: list[Shipment] = []
        cancelled: list[RemoteOrder] = []
        unshipped: list[str] = []
        rejected: list[RejectedOrder] = []
        unreadable = list(nameless)
        for row in self._rows(seller_ids, unreadable):
            order = row.value
            shipments += packages.shipments(order)
            unshipped += packages.unshipped(order)
            status = order.fulfillment_order.fulfillment_order_status
            if status is AmazonOrderStatus.CANCELLED:
                cancelled.append(translate.remote_order(order))
            elif status in _REASONS:
                rejected.append(_rejected(order, _REASONS[status]))
        return ShipmentPage(
            items=tuple(shipments),
            cursor=cursor,
            cancelled=tuple(cancelled),
            unshipped=tuple(unshipped),
            rejected=tuple(rejected),
            unreadable=tuple(unreadable),
        )

    def _rows(self, seller_ids: Sequence[str], unreadable: list[UnreadableRow]) -> Iterator[OrderRow]:
        """Yield the orders that can be read; add the others to `unreadable`. One that is gone is neither."""
        for seller_id in seller_ids:
            try:
                row = self._orders.read(seller_id)
            except NotFound:
                continue
            except (Refused, MalformedResponse) as failure:
                unreadable.append(UnreadableRow(RowKind.ORDER, failure.what, seller_id, seller_id, seller_id))
                continue
            faults = order_faults(row, SHIPPED) or _same_ids(row)
            if faults:
                unreadable.append(unreadable_row(RowKind.ORDER, row, faults, seller_id, seller_id))
            else:
                yield row


def parse_cursor(cursor: str) -> datetime:
    """Return the time of a cursor; the beginning for none, or for one that no poll can have written."""
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        return _BEGINNING
    return max(moment.astimezone(UTC), _BEGINNING) if moment.tzinfo else _BEGINNING


def write_cursor(moment: datetime) -> str:
    """Return the cursor of a time."""
    return moment.astimezone(UTC).isoformat()


def _is_due(order: ListedAmazonOrder, since: datetime) -> bool:
    return order.stamp is None or order.stamp >= since or order.status is AmazonOrderStatus.PROCESSING


def _same_ids(row: OrderRow) -> tuple[str, ...]:
    """Return the place of the shipments' ids if two have the same: then it is not clear which one has left."""
    ids = [shipment.amazon_shipment_id for shipment in row.value.fulfillment_shipments]
    return () if len(set(ids)) == len(ids) else ("fulfillmentShipments[].amazonShipmentId",)


def _rejected(order: wire.OutboundOrder, reason: str) -> RejectedOrder:
    """Return an order that Amazon had accepted and gives up, with the SKUs that it names as unfulfillable."""
    seller_id = order.fulfillment_order.seller_fulfillment_order_id
    skus = sorted(
        {item.seller_sku for item in order.fulfillment_order_items if item.unfulfillable_quantity > 0}
    )
    named = f" ({', '.join(skus)})" if skus else ""
    text = f"{reason}{named}."
    problem = Problem(
        ProblemKind.REFUSED_BY_WAREHOUSE,
        f"{order.fulfillment_order.fulfillment_order_status}{named}",
        text,
        "Look at the order in Seller Central. Once the cause is gone, send it again under a new reference.",
    )
    return RejectedOrder(seller_id, text, seller_id, (problem,))
