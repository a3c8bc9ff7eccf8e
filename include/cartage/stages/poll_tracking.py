"""Tracking: takes in what the warehouse shipped since the last poll, and moves the orders that it belongs to."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from cartage.ledger import lane_state, shipments
from cartage.ledger.states import State
from cartage.ledger.transitions import Move, move
from cartage.stages.context import StageContext
from cartage.warehouses.contract import RemoteOrder, RemoteState, is_family

log = logging.getLogger(__name__)


def run(context: StageContext) -> dict[str, int]:
    """Poll. The cursor moves on in the transaction that stores a page, so that a killed run repeats, never skips.

    Returns counts: pages, shipments, packages, unmatched, shipped, partially_shipped, cancelled.

    Raises:
        RemoteError: if the warehouse cannot be read; what was stored stays stored.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    lane = context.lane.name
    _ = context.store_row  # The lane must be in the ledger before it can remember its cursor.
    with context.ledger.begin() as connection:
        cursor = lane_state.shipments_cursor(connection, lane)
        live_since = lane_state.first_shipment(connection, lane, context.lane.store.live_since())
    # Nothing of ours can have shipped before the lane went live: the first poll leaves out the account's past.
    first = context.warehouse.cursor_at(live_since)
    for page in context.warehouse.poll_shipments(cursor or first):
        if context.stop.is_set():
            break
        with context.ledger.begin() as connection:
            stored = shipments.store_page(connection, lane, page.items)
            lane_state.save_cursor(connection, lane, page.cursor)
        counts.update(
            {
                "pages": 1,
                "shipments": stored.shipments,
                "packages": stored.packages,
                "unmatched": stored.unmatched,
            }
        )
        counts["cancelled"] += _cancel(context, page.cancelled)
        if stored.unmatched:
            log.warning("lane %s: %d shipments match no order; they are kept", lane, stored.unmatched)
    _move_shipped(context, counts)
    return dict(counts)


_COUNTS = ("pages", "shipments", "packages", "unmatched", "shipped", "partially_shipped", "cancelled")


def _cancel(context: StageContext, cancelled: Sequence[RemoteOrder]) -> int:
    """Note orders that the warehouse cancelled. A part of a split that is cancelled leaves the order as it is."""
    if not cancelled:
        return 0
    with context.ledger.begin() as connection:
        rows = shipments.acknowledged(connection, context.lane.name, cancelled)
    moved: set[int] = set()
    for row in rows:
        if all(order.state is RemoteState.CANCELLED for order in context.warehouse.find(row.known_as)):
            with context.ledger.begin() as connection:
                moves = [Move(row.id, why="the warehouse cancelled it")]
                moved |= move(connection, moves, State.CANCELLED, context.by, strict=False)
            log.warning("lane %s: the warehouse cancelled %s", context.lane.name, row.known_as)
    return len(moved)


def _move_shipped(context: StageContext, counts: Counter[str]) -> None:
    with context.ledger.begin() as connection:
        rows = shipments.shipped_orders(connection, context.lane.name)
    over = _over(context, [row.adopted_as for row in rows if row.adopted_as])
    complete = {row.id for row in rows if (row.adopted_as in over if row.adopted_as else is_complete(row))}
    partial = {row.id for row in rows if row.state == State.ACKNOWLEDGED} - complete
    with context.ledger.begin() as connection:
        for to, moving in ((State.SHIPPED, complete), (State.PARTIALLY_SHIPPED, partial)):
            moved = move(connection, [Move(one) for one in sorted(moving)], to, context.by, strict=False)
            counts[to.value] += len(moved)


def _over(context: StageContext, adopted: Sequence[str]) -> set[str]:
    """Which adopted orders have no open part left at the warehouse.

    Their lines and references are the old system's, so that neither quantities nor `final` tell; the warehouse does.
    """
    if not adopted:
        return set()
    return {
        reference
        for reference, found in context.warehouse.find_many(adopted)
        if not any(one.state is RemoteState.OPEN and is_family(one.reference, reference) for one in found)
    }


def is_complete(row: Row[Any]) -> bool:
    """Whether all of an order has shipped: by quantities where every package's contents are known."""
    if row.contents_known:
        return bool(row.final) and (row.shipped or Decimal(0)) >= (row.ordered or Decimal(0))
    return bool(row.final)
