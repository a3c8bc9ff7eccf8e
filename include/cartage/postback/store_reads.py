"""Read many orders' statuses and tracking from few list pages of the store.

An order that no list shows is read by id, a bounded number in a run; the others are left to the next run. Absence from
a list proves nothing: the lane's time zone may be wrong, a date may have been edited, a list may lag. Only a 404 by id
proves that an order is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from cartage.lifecycle import claims
from cartage.model.orders import SalesOrder
from cartage.runtime.context import StageContext
from cartage.storefront import OrderQuery, Unreadable, translate_order

log = logging.getLogger(__name__)

# Orders placed closer together than this are read with one query; a page holds 300 orders.
_SAME_QUERY = timedelta(hours=6)
# Reads by id of one run: less than a minute of a store's calls (3dcart-api.md, section 3.3).
_BY_ID = 100


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
    """What was read: the orders that were found, by OrderID, and those that are `gone`: the store said 404 to their id.

    Of all others nothing is known. `read_at` is the time before the first request left.
    """

    orders: dict[int, StoreOrder]
    read_at: datetime
    gone: frozenset[int] = frozenset()

    def knows(self, order_id: int) -> bool:
        """Return whether the order was found, or is certainly gone."""
        return order_id in self.orders or order_id in self.gone


class ReadsById:
    """How many more orders a run may read by id."""

    def __init__(self) -> None:
        self._left = _BY_ID

    def take(self, wanted: Sequence[WantedOrder]) -> Sequence[WantedOrder]:
        """Return the orders of these that may be read, and count them."""
        taken = wanted[: self._left]
        self._left -= len(taken)
        return taken


def find_orders(
    context: StageContext, wanted: Sequence[WantedOrder], by_id: ReadsById, *, likely: int, owner: str = ""
) -> StoreReading:
    """Find these orders: in the lists of the status that most of them have, then of any status, then by id.

    A slow store may take longer than a claim lasts: the claims of `owner` are renewed after each call.
    """
    listed = read_orders(context, wanted, status=likely, owner=owner)
    found, gone = dict(listed.orders), set[int]()
    missing = [order for order in wanted if order.order_id not in found]
    if missing:
        found |= read_orders(context, missing, owner=owner).orders
    unlisted = [order for order in missing if order.order_id not in found]
    taken = by_id.take(unlisted)
    for order in taken:
        seen = read_by_id(context, order.order_id, owner=owner)
        if isinstance(seen, StoreOrder):
            found[order.order_id] = seen
        elif seen is Absent.GONE:
            gone.add(order.order_id)
    if dated := [order for order in unlisted if order.ordered_at]:
        log.warning(
            "lane %s: %d orders are not in the store's lists of the days on which they were placed. If they are "
            "many, check store.time_zone. %d of the %d unlisted orders are left to the next run",
            context.lane.name,
            len(dated),
            len(unlisted) - len(taken),
            len(unlisted),
        )
    return StoreReading(found, listed.read_at, frozenset(gone))


def read_orders(
    context: StageContext, wanted: Sequence[WantedOrder], *, status: int | None = None, owner: str = ""
) -> StoreReading:
    """Read these orders from list pages; with `status`, find only those that have it. Nothing follows from absence.

    The claims of `owner` are renewed after each call.
    """
    read_at = context.ledger.now()
    found: dict[int, StoreOrder] = {}
    for cluster in clusters(wanted):
        _read_cluster(context, cluster, status, found, owner)
    return StoreReading(found, read_at)


class Absent(Enum):
    """Why a read by id returned no order."""

    GONE = "gone"
    UNREADABLE = "unreadable"


def read_by_id(context: StageContext, order_id: int, *, owner: str = "") -> StoreOrder | Absent:
    """Read one order by its id. It is gone only if the store says 404. The claims of `owner` are renewed."""
    entry = context.store.get_order(order_id)
    _renew(context, owner)
    if entry is None:
        return Absent.GONE
    order = translate_order(entry, context.lane.store.zone())
    return Absent.UNREADABLE if isinstance(order, Unreadable) else _store_order(order)


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
                found[order.order_id] = _store_order(order)
        if not missing:
            return


def _renew(context: StageContext, owner: str) -> None:
    if owner:
        with context.ledger.begin() as connection:
            claims.renew_claims(connection, owner=owner, lease=context.lane.limits.lease)


def _store_order(order: SalesOrder) -> StoreOrder:
    return StoreOrder(order.status_id, {group.shipment_id: group.tracking for group in order.groups})
