"""Read back orders that were just written: from list pages, and by id where a list does not show the write."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cartage.postback.store_reads import StoreOrder, WantedOrder, read_by_id, read_orders
from cartage.postback.tracking_writes import WrittenTracking
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

# A list may lag behind a write (UNVERIFIED, 3dcart-api.md section 12); a read by id does not.
_READ_SINGLY = 20


@dataclass
class Proof:
    """Which writes the store shows and which it does not, what it says of each order, and when the reading began."""

    read_at: datetime
    shown: list[WrittenTracking] = field(default_factory=list)
    missing: list[WrittenTracking] = field(default_factory=list)
    orders: dict[int, StoreOrder] = field(default_factory=dict)


def read_back(
    context: StageContext,
    written: Sequence[WrittenTracking],
    wanted: Mapping[int, WantedOrder],
    *,
    owner: str,
) -> Proof:
    """Read the orders of these writes again; `wanted` holds each by the plan's id."""
    read_at = context.ledger.now()
    if not written:
        return Proof(read_at)
    orders = dict(read_orders(context, _distinct(written, wanted), owner=owner).orders)
    not_shown = [tracking for tracking in written if not _shows(orders, tracking)]
    singly = {order.id: order for order in _distinct(not_shown, wanted)[:_READ_SINGLY]}
    if singly:
        seen = {order.order_id: read_by_id(context, order.order_id, owner=owner) for order in singly.values()}
        orders |= {order_id: order for order_id, order in seen.items() if isinstance(order, StoreOrder)}
    proof = Proof(read_at, orders=orders)
    lost = [tracking for tracking in not_shown if tracking.plan.id in singly and not _shows(orders, tracking)]
    for tracking in written:
        # A lagging list hides every write. If a read by id shows a lost one, those not read by id count as lost too.
        unread = tracking in not_shown and tracking.plan.id not in singly
        is_lost = bool(lost) if unread else not _shows(orders, tracking)
        (proof.missing if is_lost else proof.shown).append(tracking)
    if proof.missing:
        numbers = ", ".join(str(tracking.plan.order_id) for tracking in proof.missing[:10])
        log.warning(
            "lane %s: the store does not show the tracking of %d orders that it said it had written (%s); "
            "they are written again",
            context.lane.name,
            len(proof.missing),
            numbers,
        )
    return proof


def _shows(orders: Mapping[int, StoreOrder], tracking: WrittenTracking) -> bool:
    order = orders.get(tracking.plan.order_id)
    return order is not None and order.tracking.get(tracking.write.shipment_id, "") == tracking.write.tracking


def _distinct(written: Sequence[WrittenTracking], wanted: Mapping[int, WantedOrder]) -> list[WantedOrder]:
    return list({tracking.plan.id: wanted[tracking.plan.id] for tracking in written}.values())
