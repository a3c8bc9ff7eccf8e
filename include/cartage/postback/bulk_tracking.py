"""Write tracking of many orders in one call, for stores that carry it out: tried on one order, and proved each time.

Whether shipments inside a bulk write of orders are carried out is not documented (3dcart-api.md section 12,
UNVERIFIED). One order is written that way, without a status, and read by its id; the result is kept for the store.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cartage.postback.learn_traits import StoreTraits
from cartage.postback.repo.store_traits import Trait
from cartage.postback.tracking_plan import TrackingPlan
from cartage.postback.tracking_writes import TrackingWriter, WrittenTracking, to_write
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

BULK = 100  # Orders of one bulk write: 3dcart-api.md, section 3.1.
# With fewer orders at once, trying costs more than it saves.
_WORTH_TRYING = 10
_WRITTEN = frozenset(
    {"ShipmentTrackingCode", "ShipmentMethodName", "ShipmentOrderStatus", "ShipmentShippedDate"}
)


def write_bulk(writer: TrackingWriter, plans: Sequence[TrackingPlan]) -> Iterator[list[WrittenTracking]]:
    """Write in as few calls as the store takes; yield the outcomes of each call."""
    todo = [plan for plan in plans if to_write(plan)]
    for start in range(0, len(todo), BULK):
        yield writer.write_together(todo[start : start + BULK])


def try_bulk(
    context: StageContext, writer: TrackingWriter, traits: StoreTraits, plans: Sequence[TrackingPlan]
) -> tuple[bool, list[WrittenTracking]]:
    """Try on one of these orders whether the store carries out tracking in bulk writes, if that is worth it.

    Return whether it does, and the writes of that order if they are done or their outcome is unknown.
    """
    eligible = [
        plan for plan in plans if len(plan.writes) == 1 and to_write(plan) and plan.writes[0].tracking
    ]
    if len(eligible) < _WORTH_TRYING:
        return False, []
    plan = eligible[0]
    before = writer.try_write(lambda: context.store.get_order(plan.order_id))[2]
    written = writer.write_together([plan], with_status=False)
    if written[0].outcome in ("unknown", "not_sent"):
        return False, written
    after = writer.try_write(lambda: context.store.get_order(plan.order_id))[2]
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return False, []
    carried = _tracking(after, plan.writes[0].shipment_id) == plan.writes[0].tracking
    whole = _rest(before) == _rest(after)
    if carried and not whole:
        log.error(
            "lane %s: a bulk write of tracking changed more of order %d than its tracking: check it in the store. "
            "Tracking is written order by order.",
            context.lane.name,
            plan.order_id,
        )
    traits.learn(Trait.BULK_CARRIES_TRACKING, plan.order_id, holds=carried and whole)
    return carried and whole, written if carried else []


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
