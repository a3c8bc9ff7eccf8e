"""Read fulfillment orders: one by its id, or the list of those whose status changed.

The list has no shipments, so each order that matters is read by its id.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cartage.errors import MalformedResponse, NotFound, Refused
from cartage.errors.problems import quoted
from cartage.warehouses.api.rows import ReadRow, read_row, unreadable_row
from cartage.warehouses.contract import ItemPage, RemoteOrder
from cartage.warehouses.mcf import faults, translate, wire
from cartage.warehouses.mcf.client import REMOTE, Operation, SellingPartnerClient
from cartage.warehouses.mcf.validation import can_ask
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)

ROOT = "/fba/outbound/2020-07-01/fulfillmentOrders"
CREATE = Operation("createFulfillmentOrder", "POST", ROOT)
CANCEL = Operation("cancelFulfillmentOrder", "PUT", ROOT)
_GET = Operation("getFulfillmentOrder", "GET", ROOT)
_LIST = Operation("listAllFulfillmentOrders", "GET", ROOT)
# How often a list is begun again whose page token died: how long one lives is not documented.
_MOST_TRIES = 3

_ID = "fulfillmentOrder.sellerFulfillmentOrderId"
STATUS = "fulfillmentOrder.fulfillmentOrderStatus"
# What a search must know of an order, so that it is compared with what was sent.
FOUND = (STATUS, "fulfillmentOrder.destinationAddress", "fulfillmentOrderItems")
SHIPPED = (STATUS, "fulfillmentShipments")

_HEAD = ("sellerFulfillmentOrderId", "fulfillmentOrderStatus")

OrderRow = ReadRow[wire.OutboundOrder]


@dataclass(frozen=True, slots=True)
class ListedAmazonOrder:
    """An order of the list. Without a stamp that can be read it counts as changed now."""

    row: ReadRow[wire.OrderHead]

    @property
    def seller_id(self) -> str:
        """Return the id that the seller gave the order; empty if it cannot be read."""
        return self.row.value.seller_fulfillment_order_id

    @property
    def stamp(self) -> datetime | None:
        """Return when the status changed last."""
        return self.row.value.status_updated_date

    @property
    def status(self) -> wire.AmazonOrderStatus | None:
        """Return the status, as far as it can be read."""
        return self.row.value.fulfillment_order_status


class OutboundOrders:
    """The fulfillment orders of one seller."""

    def __init__(self, client: SellingPartnerClient) -> None:
        self._client = client

    def read(self, seller_id: str) -> OrderRow:
        """Return an order by the seller's id, as far as it can be read.

        Raises:
            NotFound: if there is none.
            Refused: if the API cannot be asked for this id.
            MalformedResponse: if the response is about no order, or about another one.
        """
        if not can_ask(seller_id):
            what = f"no order can be read by the id {quoted(seller_id)}"
            raise Refused(REMOTE, _GET.at(ROOT), what, fix="Look for the order in Seller Central.")
        path = f"{ROOT}/{quote(seller_id, safe='')}"
        try:
            payload = dict(self._client.read(_GET, path).payload)
        except Refused as refusal:
            # UNVERIFIED: whether an unknown id gets 404, or 400 with a text that says so.
            if refusal.status == 400 and faults.is_absent([faults.AmazonFault("", refusal.what)]):
                raise NotFound(REMOTE, _GET.at(path), "not found", status=400) from refusal
            raise
        row = read_row(wire.OutboundOrder, payload)
        if row.value.fulfillment_order.seller_fulfillment_order_id != seller_id:
            raise self._client.malformed(_GET.at(path), f"order {seller_id} cannot be read: {_ID}", safe=True)
        return row

    def require(self, row: OrderRow, needed: Collection[str]) -> None:
        """Raise MalformedResponse if something that is needed of an order cannot be read."""
        if found := order_faults(row, needed):
            name = row.value.fulfillment_order.seller_fulfillment_order_id
            raise MalformedResponse(REMOTE, _GET.at(ROOT), f"order {name} cannot be read: {', '.join(found)}")

    def changed(self, since: datetime) -> list[ListedAmazonOrder]:
        """Return the orders whose status changed at or after a time, oldest change first.

        The list is read whole before anything else is done: neither its order nor the life of its page tokens is
        documented.

        Raises:
            RemoteError: if a page cannot be read.
        """
        for _ in range(_MOST_TRIES - 1):
            try:
                return self._changed(since)
            except Refused as refusal:
                log.warning("Amazon MCF ends the list of orders early (%s); it is read again", refusal.what)
        return self._changed(since)

    def first_changed(self, since: datetime) -> list[ListedAmazonOrder]:
        """Return the first page of the orders whose status changed at or after a time, in any order: one call."""
        return self._page({"queryStartDate": translate.stamp(since)})[0]

    def listed(self, since: datetime) -> Iterator[ItemPage[RemoteOrder]]:
        """Yield the orders whose status changed since an instant, as far as the list shows them."""
        found, unreadable = list[RemoteOrder](), list[UnreadableRow]()
        for order in self.changed(since):
            absent = [
                place
                for place, there in zip(_HEAD, (order.seller_id, order.status), strict=True)
                if not there
            ]
            if faulty := order.row.faults_in((*_HEAD, "destinationAddress")) or tuple(absent):
                unreadable.append(unreadable_row(RowKind.ORDER, order.row, faulty, order.seller_id))
            else:
                found.append(translate.listed_order(order.row.value))
        yield ItemPage(tuple(found), unreadable=tuple(unreadable))

    def _changed(self, since: datetime) -> list[ListedAmazonOrder]:
        params = {"queryStartDate": translate.stamp(since)}
        token = ""
        found: dict[str, ListedAmazonOrder] = {}
        while True:
            page, after = self._page({**params, "nextToken": token} if token else params)
            found.update({order.seller_id or order.row.content_hash: order for order in page})
            before, token = token, after
            if not token:
                return sorted(found.values(), key=lambda order: (order.stamp is None, order.stamp or since))
            if token == before:
                raise self._client.malformed(_LIST.at(ROOT), "a page leads to itself", safe=True)

    def _page(self, query: Mapping[str, str]) -> tuple[list[ListedAmazonOrder], str]:
        """Return the orders of a page, and the token of the next one; empty for the last."""
        payload = self._client.read(_LIST, params=query).payload
        page = self._client.validated(wire.OrderList, payload, _LIST.at(ROOT))
        orders = [ListedAmazonOrder(read_row(wire.OrderHead, raw)) for raw in page.fulfillment_orders]
        return orders, next_token(payload)


def order_faults(row: OrderRow, needed: Collection[str]) -> tuple[str, ...]:
    """Return the places of what is needed of an order and cannot be read, or is not there."""
    found = row.faults_in(needed)
    if not found and row.value.fulfillment_order.fulfillment_order_status is None:
        return (STATUS,)
    return found


def next_token(holder: Any) -> str:
    """Return the token of the next page; empty if there is none."""
    token = holder.get("nextToken") if hasattr(holder, "get") else None
    return token if isinstance(token, str) else ""
