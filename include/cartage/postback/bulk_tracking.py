"""Tracking of many orders in one call, for stores that carry it out: found out on one order, and proved each time.

Whether shipments inside a bulk write of orders are carried out is not documented (3dcart-api.md section 12,
UNVERIFIED). One order is tried, without a status, and read by its id; what was learned is kept for the store.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cartage.postback.repo import store_traits
from cartage.postback.repo.store_traits import Trait
from cartage.postback.tracking_plan import TrackingPlan
from cartage.postback.tracking_writes import TrackingWriter, WrittenTracking, to_write
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

BULK = 100  # Orders of one bulk write: 3dcart-api.md, section 3.1.
# With fewer orders at once, finding out costs more than it brings.
_WORTH_TRYING = 10
_WRITTEN = frozenset(
    {"ShipmentTrackingCode", "ShipmentMethodName", "ShipmentOrderStatus", "ShipmentShippedDate"}
)


def write_bulk(writer: TrackingWriter, plans: Sequence[TrackingPlan]) -> Iterator[list[WrittenTracking]]:
    """Write in as few calls as the store takes; yields what became of each call's orders."""
    todo = [plan for plan in plans if to_write(plan)]
    for start in range(0, len(todo), BULK):
        yield writer.write_together(todo[start : start + BULK])


def try_on_one(
    context: StageContext, writer: TrackingWriter, plans: Sequence[TrackingPlan]
) -> tuple[bool, list[WrittenTracking]]:
    """Find out on one of these orders whether the store carries tracking in bulk writes, if that is worth it.

    Returns whether it does, and the writes of that order where they are done or their outcome is not known.
    """
    eligible = [
        plan for plan in plans if len(plan.writes) == 1 and to_write(plan) and plan.writes[0].tracking
    ]
    if len(eligible) < _WORTH_TRYING:
        return False, []
    plan = eligible[0]
    before = writer.guarded(lambda: context.store.get_order(plan.order_id))[2]
    written = writer.write_together([plan], with_status=False)
    if written[0].outcome in ("unknown", "not_sent"):
        return False, written
    after = writer.guarded(lambda: context.store.get_order(plan.order_id))[2]
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False, []
    carried = _tracking(after, plan.writes[0].shipment_id) == plan.writes[0].tracking
    whole = _rest(before) == _rest(after)
    if carried and not whole:
        log.error(
            "lane %s: a bulk write of tracking changed more of order %d than its tracking: look at it in the store. "
            "Tracking is written order by order",
            context.lane.name,
            plan.order_id,
        )
    learn_bulk(context, Trait.BULK_CARRIES_TRACKING, plan.order_id, holds=carried and whole)
    return carried and whole, written if carried else []


def learn_bulk(context: StageContext, trait: Trait, order_id: int, *, holds: bool) -> None:
    """Keep what the store did with an order, and say so."""
    log.info("lane %s: seen on order %d: %s: %s", context.lane.name, order_id, trait.value, holds)
    with context.ledger.begin() as connection:
        store_traits.learn_trait(connection, context.store_row.id, trait, order_id, holds=holds)


def _tracking(order: Mapping[str, Any], shipment_id: int) -> str:
    for shipment in _shipments(order):
        if shipment.get("ShipmentID") == shipment_id:
            return str(shipment.get("ShipmentTrackingCode") or "").strip()
    return ""


def _rest(order: Mapping[str, Any]) -> object:
    """What a write of tracking must leave as it is: lines and addresses."""
    shipments = [
        {name: value for name, value in shipment.items() if name not in _WRITTEN}
        for shipment in _shipments(order)
    ]
    return shipments, order.get("OrderItemList")


def _shipments(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = order.get("ShipmentList")
    return (
        [shipment for shipment in found if isinstance(shipment, Mapping)]
        if isinstance(found, list | tuple)
        else []
    )
