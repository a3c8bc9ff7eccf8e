"""The survey of a quarantined lane: search store and warehouse for orders that the ledger does not know of.

A restored ledger has forgotten the orders that were sent since its backup. Most of them have left the import status
because we wrote it, so no sweep would find them and nobody would post their tracking numbers. An order that the
warehouse has under a reference of ours is ours and is recorded as acknowledged. The survey writes nothing outside.
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
from cartage.intake.own_writes import without_own_writes
from cartage.lanes.modes import Mode
from cartage.model.states import UNSENT, State
from cartage.recovery.found_orders import Recovery, RecoveryCandidate, candidate_of
from cartage.recovery.repo import (
    Quarantine,
    live_groups,
    note_surveyed,
    quarantine_of,
    quarantined_orders,
)
from cartage.runtime.context import StageContext
from cartage.sending.settle_unknown import absence_wait
from cartage.storefront import OrderPage, OrderQuery, Unreadable, translate_order

log = logging.getLogger(__name__)

_BATCH = 500
# In these states the ledger knows of nothing at the warehouse.
_NOT_THERE = UNSENT | {State.CONFLICT, State.CANCELLED}


def survey_outside(context: StageContext, counts: Counter[str]) -> None:
    """Search once per quarantine of a lane that writes outside; add orders that are found to `recovered`.

    Raises:
        RemoteError: if store or warehouse cannot be read; the next run searches from the beginning.
        CartageError: if the run is stopped.
    """
    if context.lane.mode not in (Mode.LIVE, Mode.DRAIN):
        return
    _ = context.store_row  # The ledger must know the lane before it can be quarantined.
    with context.ledger.begin() as connection:
        lane = quarantine_of(connection, context.lane.name)
    if lane is None or lane.surveyed_at is not None or not _absence_counts(context):
        return
    recovery = Recovery(context)
    _survey_ledger(context, recovery)
    _survey_store(context, lane, recovery)
    with context.ledger.begin() as connection:
        note_surveyed(connection, context.lane.name, lane.quarantined_at)
    counts["recovered"] += recovery.recovered
    log.info(
        "lane %s: searched for orders that the warehouse has and this ledger does not: %d found",
        context.lane.name,
        recovery.recovered,
    )


def _absence_counts(context: StageContext) -> bool:
    waits = [wait for place in context.every_warehouse() if (wait := absence_wait(place)) is not None]
    if not waits:
        return True
    wait = max(waits)
    with context.ledger.begin() as connection:
        lane = quarantine_of(connection, context.lane.name, wait=wait)
    return lane is not None and lane.absence_counts


def _survey_ledger(context: StageContext, recovery: Recovery) -> None:
    """Search for what the ledger has: unsent orders may be there, sent ones may have been resent since."""
    after = 0
    while True:
        with context.ledger.begin() as connection:
            rows = quarantined_orders(connection, context.lane.name, after=after, size=_BATCH)
        if not rows:
            return
        recovery.look_for([candidate_of(row) for row in rows])
        after = rows[-1].id


def _survey_store(context: StageContext, lane: Quarantine, recovery: Recovery) -> None:
    intake = LaneIntake.of(context)
    for query in _queries(context, lane):
        for page, read_at in _pages(context, query):
            _survey_page(context, intake, page, read_at, recovery)


def _queries(context: StageContext, lane: Quarantine) -> Iterator[OrderQuery]:
    """Yield the lists to read: orders being processed, and all that changed in the time that may be unknown."""
    zone, since = context.lane.store.zone(), context.lane.store.live_since()
    for status in (context.statuses.processing, context.statuses.partial):
        yield OrderQuery(zone=zone, status=status, ordered_from=since)
    if lane.since is not None:
        yield OrderQuery(zone=zone, updated_from=lane.since)


def _pages(context: StageContext, query: OrderQuery) -> Iterator[tuple[OrderPage, datetime]]:
    """Yield each page of a list with the time at which its request left."""
    pages = context.store.list_orders(query)
    while True:
        read_at = context.ledger.now()
        page = next(pages, None)
        if page is None:
            return
        yield page, read_at


def _survey_page(
    context: StageContext, intake: LaneIntake, page: OrderPage, read_at: datetime, recovery: Recovery
) -> None:
    translated = [translate_order(entry, context.lane.store.zone()) for entry in page.entries]
    # An order that still has the import status is verified before it is sent.
    read = [
        order
        for order in translated
        if not isinstance(order, Unreadable) and order.status_id != context.statuses.import_status
    ]
    orders: dict[int, NewOrder] = {}
    for order in without_own_writes(context, read):
        new = intake.new_order(order)
        if not isinstance(new, Unreadable):
            orders[new.order_id] = new
    with context.ledger.begin() as connection:
        rows = live_groups(connection, context.store_row.id, orders)
    for row in rows:
        if row.lane != context.lane.name or row.left_to_old_system:
            orders.pop(row.order_id, None)
    recovery.look_for(list(_candidates(rows, orders)), orders, read_at)


def _candidates(rows: Sequence[Row[Any]], orders: Mapping[int, NewOrder]) -> Iterator[RecoveryCandidate]:
    known: dict[tuple[int, int], list[Row[Any]]] = {}
    for row in rows:
        known.setdefault((row.order_id, row.shipment_id), []).append(row)
    for new in orders.values():
        for group in new.groups:
            parts = known.get((new.order_id, group.shipment_id), [])
            if not parts:
                yield RecoveryCandidate(new.order_id, group.shipment_id, 0, group.reference, group.ship_to)
            yield from (candidate_of(row) for row in parts if row.state in _NOT_THERE)
