"""Carry out the plan of a cutover: in the ledger only, in one transaction.

Nothing is written to store or warehouse. Applying a list again changes nothing; a later list adds to earlier ones.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from cartage.cutover.plan import CutoverPlan
from cartage.cutover.repo import (
    Adoption,
    adopt_orders,
    cutover_orders,
    leave_to_old_system,
    note_cutover,
    note_posted_before,
)
from cartage.cutover.rules import CutoverCandidate
from cartage.intake.lane_intake import LaneIntake, intake_rules_of
from cartage.intake.order_book import OrderBook
from cartage.intake.order_rows import NewOrder
from cartage.lifecycle.transitions import By
from cartage.model.orders import SalesOrder, Shipment
from cartage.model.skip_reasons import LEFT_TO_OLD_SYSTEM
from cartage.model.statuses import PARTIAL, PROCESSING
from cartage.runtime.context import StageContext
from cartage.shipments.repo import shipments

log = logging.getLogger(__name__)


def execute_cutover(context: StageContext, planned: CutoverPlan, by: By) -> None:
    """Write the plan to the ledger, in one transaction. `by` names the person.

    Raises:
        TransitionRefused: if an order was sent meanwhile; nothing is changed then.
        RemoteError: if the shipments of adopted orders cannot be read.
    """
    shipped = _shipments(context, planned.adopt)
    keep = [_left_to_old_system(order) for order in _new_orders(context, planned.keep)]
    adopt = list(_new_orders(context, [candidate.order for candidate in planned.adopt]))
    with context.ledger.begin() as connection:
        note_cutover(connection, context.lane.name)
        _keep(connection, context, planned, keep, by)
        _adopt(connection, context, planned, adopt, by)
        shipments.store_page(connection, context.lane.name, shipped)
    log.info("lane %s: cutover by %s: %s", context.lane.name, by.actor, planned.counts)


def _keep(
    connection: Connection, context: StageContext, planned: CutoverPlan, orders: Sequence[NewOrder], by: By
) -> None:
    _record(connection, context, orders, planned.read_at, by)
    new = cutover_orders(connection, context.store_row.id, [order.order_id for order in planned.keep])
    leave_to_old_system(connection, [*planned.keep_known, *(order.id for order in new.values())], by)


def _new_orders(context: StageContext, orders: Iterable[SalesOrder]) -> Iterator[NewOrder]:
    """Yield orders as they would be imported after the cutover, whenever they were placed."""
    intake = replace(LaneIntake.of(context), rules=intake_rules_of(context.lane, cut_over=True))
    for order in orders:
        new = intake.new_order(order)
        if isinstance(new, NewOrder):
            yield new
        else:
            log.warning("lane %s: left out: %s", context.lane.name, new.what)


def _left_to_old_system(order: NewOrder) -> NewOrder:
    return replace(order, groups=tuple(replace(group, skip=LEFT_TO_OLD_SYSTEM) for group in order.groups))


def _adopt(
    connection: Connection, context: StageContext, planned: CutoverPlan, new: Sequence[NewOrder], by: By
) -> None:
    orders = {candidate.order.order_id: candidate.order for candidate in planned.adopt}
    _record(connection, context, new, planned.read_at, by)
    known = cutover_orders(connection, context.store_row.id, orders.keys())
    adoptions = [
        Adoption(
            known[candidate.order.order_id].groups[candidate.group.shipment_id].id,
            there.reference,
            there.remote_id,
            there.etag,
        )
        for candidate in planned.adopt
        if (there := candidate.adopted_from) is not None
    ]
    adopt_orders(connection, adoptions, by)
    meaning = {context.statuses.processing: PROCESSING, context.statuses.partial: PARTIAL}
    posted = {
        known[order_id].id: meaning[order.status_id]
        for order_id, order in orders.items()
        if order.status_id in meaning
    }
    note_posted_before(connection, posted, context.statuses, by, read_at=planned.read_at)


def _record(
    connection: Connection, context: StageContext, orders: Sequence[NewOrder], read_at: datetime, by: By
) -> None:
    OrderBook(connection, context.store_row, context.lane.name, by).record(orders, read_at)


def _shipments(context: StageContext, adopted: Sequence[CutoverCandidate]) -> list[Shipment]:
    """Return the shipments of adopted orders, since the lane's own poll may have passed them or may start later."""
    there = [
        candidate.there
        for candidate in adopted
        if candidate.there is not None and candidate.there.shipped_ids
    ]
    missing = {remote_id for order in there for remote_id in order.shipped_ids}
    if not missing:
        return []
    dated = [order.shipped_since for order in there if order.shipped_since is not None]
    cursor = context.warehouse.cursor_at(min(dated)) if len(dated) == len(there) else ""
    found: list[Shipment] = []
    for page in context.warehouse.poll_shipments(cursor):
        ours = [shipment for shipment in page.items if shipment.remote_id in missing]
        found += ours
        missing -= {shipment.remote_id for shipment in ours}
        log.info("lane %s: shipments of adopted orders: %d found", context.lane.name, len(found))
        if not missing:
            break
    return found
