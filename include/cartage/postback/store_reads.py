"""Read many orders' statuses and tracking from few list pages of the store, never with a call per order."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cartage.lifecycle import claims
from cartage.runtime.context import StageContext
from cartage.storefront import OrderQuery, Unreadable, translate_order

log = logging.getLogger(__name__)

# Orders placed closer together than this are read with one query; a page holds 300 orders.
_SAME_QUERY = timedelta(hours=6)
_READ_SINGLY = 20


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order to read, by the sales order's id in the ledger."""

    id: int
    order_id: int
    ordered_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoreOrder:
    """What the store says of an order: its status, and the tracking text of each of its shipments."""

    status_id: int
    tracking: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreReading:
    """The orders that were found, by OrderID, and the time before the first request left."""

    orders: dict[int, StoreOrder]
    read_at: datetime


def read_orders(
    context: StageContext, wanted: Sequence[WantedOrder], *, status: int | None = None, owner: str = ""
) -> StoreReading:
    """Read these orders from list pages; with `status`, find only those that have it.

    A slow store may take longer than a claim lasts: the claims of `owner` are renewed after each call.
    """
    read_at = context.ledger.now()
    found: dict[int, StoreOrder] = {}
    for cluster in clusters(wanted):
        _read_cluster(context, cluster, status, found, owner)
    for order in wanted:
        if order.ordered_at is None:
            _read_single(context, order.order_id, status, found)
            _renew(context, owner)
    return StoreReading(found, read_at)


def _renew(context: StageContext, owner: str) -> None:
    if owner:
        with context.ledger.begin() as connection:
            claims.renew_claims(connection, owner=owner, lease=context.lane.limits.lease)


def read_before_write(
    context: StageContext, wanted: Sequence[WantedOrder], *, owner: str
) -> dict[int, StoreOrder]:
    """Read what the store says now: orders in Processing from few pages, the others from an unfiltered list."""
    found = dict(read_orders(context, wanted, status=context.statuses.processing, owner=owner).orders)
    missing = [order for order in wanted if order.order_id not in found]
    if missing:
        found |= read_orders(context, missing, owner=owner).orders
    # An order whose date was edited in the store is not in the dated list: the few left are read by id.
    for order in [order for order in missing if order.order_id not in found][:_READ_SINGLY]:
        found |= read_orders(context, [replace(order, ordered_at=None)], owner=owner).orders
    return found


def clusters(wanted: Sequence[WantedOrder]) -> Iterator[list[WantedOrder]]:
    """Group orders by when they were placed; leave out those of unknown time."""
    dated = sorted(
        (order for order in wanted if order.ordered_at), key=lambda order: (order.ordered_at, order.order_id)
    )
    cluster: list[WantedOrder] = []
    for order in dated:
        if cluster and order.ordered_at - cluster[-1].ordered_at > _SAME_QUERY:  # type: ignore[operator]
            yield cluster
            cluster = []
        cluster.append(order)
    if cluster:
        yield cluster


def _read_cluster(
    context: StageContext,
    cluster: Sequence[WantedOrder],
    status: int | None,
    found: dict[int, StoreOrder],
    owner: str,
) -> None:
    stamps = [order.ordered_at for order in cluster if order.ordered_at]
    query = OrderQuery(
        zone=context.lane.store.zone(),
        status=status,
        ordered_from=min(stamps),
        ordered_to=max(stamps) + timedelta(seconds=1),
    )
    missing = {order.order_id for order in cluster}
    for page in context.store.list_orders(query):
        _renew(context, owner)
        for entry in page.entries:
            order = translate_order(entry, context.lane.store.zone())
            if not isinstance(order, Unreadable) and order.order_id in missing:
                missing.discard(order.order_id)
                tracking = {group.shipment_id: group.tracking for group in order.groups}
                found[order.order_id] = StoreOrder(order.status_id, tracking)
        if not missing:
            return


def _read_single(
    context: StageContext, order_id: int, status: int | None, found: dict[int, StoreOrder]
) -> None:
    entry = context.store.get_order(order_id)
    order = translate_order(entry, context.lane.store.zone()) if entry is not None else None
    if order is None or isinstance(order, Unreadable) or (status is not None and order.status_id != status):
        return
    found[order_id] = StoreOrder(
        order.status_id, {group.shipment_id: group.tracking for group in order.groups}
    )
