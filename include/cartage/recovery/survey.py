"""The survey after a doubt: store and warehouse are searched for what the ledger does not know, before it acts.

A restored ledger has forgotten the orders that were sent since its backup. Most have left the import status by our own
writes, so that no sweep would find them again, and nobody would post their tracking numbers. Those that the warehouse
has under a reference of ours are ours: they are taken in as acknowledged. Writes nothing to the outside.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from cartage.intake.lane_intake import LaneIntake
from cartage.intake.order_rows import NewOrder
from cartage.lanes.modes import Mode
from cartage.lifecycle import quarantine as doubt
from cartage.lifecycle.quarantine import Quarantine
from cartage.model.documents import address_from
from cartage.model.states import UNSENT, State
from cartage.recovery.found_orders import Recovery, RecoveryCandidate
from cartage.runtime.context import StageContext
from cartage.sending.settle_unknown import absence_wait
from cartage.storefront import OrderPage, OrderQuery, Unreadable, translate_order

log = logging.getLogger(__name__)

_BATCH = 500
# Nothing at the warehouse, as far as the ledger knows.
_UNKNOWING = UNSENT | {State.CONFLICT, State.CANCELLED}


def survey_outside(context: StageContext, counts: Counter[str]) -> None:
    """Search once for each doubt of a lane that acts on the outside; what is found is counted as `recovered`.

    Raises:
        RemoteError: if store or warehouse cannot be read; the next run searches from the beginning.
        CartageError: if the run is told to stop.
    """
    if context.lane.mode not in (Mode.LIVE, Mode.DRAIN):
        return
    _ = context.store_row  # The lane must be in the ledger before it can be in doubt.
    with context.ledger.begin() as connection:
        lane = doubt.quarantine_of(connection, context.lane.name)
    if lane is None or lane.surveyed_at is not None or not _may_ask(context):
        return
    recovery = Recovery(context)
    _survey_ledger(context, recovery)
    _survey_store(context, lane, recovery)
    with context.ledger.begin() as connection:
        doubt.note_surveyed(connection, context.lane.name, lane.quarantined_at)
    counts["recovered"] += recovery.recovered
    log.info(
        "lane %s: searched for orders that the warehouse has and this ledger does not: %d found",
        context.lane.name,
        recovery.recovered,
    )


def _may_ask(context: StageContext) -> bool:
    wait = absence_wait(context)
    if wait is None:
        return True
    with context.ledger.begin() as connection:
        again = doubt.quarantine_of(connection, context.lane.name, wait=wait)
    return again is not None and again.may_ask


def _survey_ledger(context: StageContext, recovery: Recovery) -> None:
    """What the ledger takes for unsent may be there; what it takes for sent may live on under a later name."""
    after = 0
    while True:
        with context.ledger.begin() as connection:
            rows = doubt.quarantined_orders(connection, context.lane.name, after=after, size=_BATCH)
        if not rows:
            return
        recovery.look_for([_known(row) for row in rows])
        after = rows[-1].id


def _known(row: Row[Any]) -> RecoveryCandidate:
    return RecoveryCandidate(
        row.order_id, row.shipment_id, row.generation, row.reference, address_from(row.ship_to)
    )


def _survey_store(context: StageContext, lane: Quarantine, recovery: Recovery) -> None:
    intake = LaneIntake.of(context)
    for query in _queries(context, lane):
        for page in _pages(context, query):
            _survey_page(context, intake, page, recovery)


def _queries(context: StageContext, lane: Quarantine) -> Iterator[OrderQuery]:
    """Orders under way, and whatever changed since the doubt begins: shipped since, or stopped by a person since."""
    zone, since = context.lane.store.zone(), context.lane.store.live_since()
    for status in (context.statuses.processing, context.statuses.partial):
        yield OrderQuery(zone=zone, status=status, ordered_from=since)
    if lane.since is not None:
        yield OrderQuery(zone=zone, updated_from=lane.since)


def _pages(context: StageContext, query: OrderQuery) -> Iterator[tuple[OrderPage, datetime]]:
    pages = context.store.list_orders(query)
    while True:
        read_at = context.ledger.now()
        page = next(pages, None)
        if page is None:
            return
        yield page, read_at


def _survey_page(
    context: StageContext, intake: LaneIntake, read: tuple[OrderPage, datetime], recovery: Recovery
) -> None:
    page, read_at = read
    orders: dict[int, NewOrder] = {}
    for entry in page.entries:
        order = translate_order(entry, context.lane.store.zone())
        # What still has the import status is asked for before it is sent.
        if isinstance(order, Unreadable) or order.status_id == context.statuses.import_status:
            continue
        new = intake.new_order(order)
        if not isinstance(new, Unreadable):
            orders[new.order_id] = new
    with context.ledger.begin() as connection:
        rows = doubt.groups_of(connection, context.store_row.id, orders)
    for row in rows:
        if row.lane != context.lane.name or row.left_to_old_system:
            orders.pop(row.order_id, None)
    recovery.look_for(list(_unknown(rows, orders)), orders, read_at)


def _unknown(rows: Sequence[Row[Any]], orders: Mapping[int, NewOrder]) -> Iterator[RecoveryCandidate]:
    there = {(row.order_id, row.shipment_id): row for row in rows}
    for new in orders.values():
        for group in new.groups:
            row = there.get((new.order_id, group.shipment_id))
            if row is None:
                yield RecoveryCandidate(new.order_id, group.shipment_id, 0, group.reference, group.ship_to)
            elif row.state in _UNKNOWING:
                yield _known(row)
