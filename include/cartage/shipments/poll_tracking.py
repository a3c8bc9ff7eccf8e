"""Poll the warehouse for what it shipped, voided or cancelled since the last poll, and move its orders."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.transitions import Move, move
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.shipments import shipped_orders
from cartage.shipments.repo import polls, quantities, shipments
from cartage.warehouses.contract import RemoteOrder, RemoteState, ShipmentPage, is_family

log = logging.getLogger(__name__)

_COUNTS = (
    "pages",
    "shipments",
    "packages",
    "unmatched",
    "matched",
    "voided",
    "shipped",
    "partially_shipped",
    "taken_back",
    "cancelled",
    "exceptions",
)


def run(context: StageContext) -> dict[str, int]:
    """Poll the warehouse. The cursor is saved in the transaction that applies a page, so a killed run repeats the page.

    Return counts: pages, shipments, packages, unmatched, matched, voided, shipped, partially_shipped, taken_back,
    cancelled, exceptions.

    Raises:
        RemoteError: if the warehouse cannot be read; what was stored stays stored.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    lane = context.lane.name
    _ = context.store_row  # The lane must be in the ledger before its cursor can be saved.
    with context.ledger.begin() as connection:
        cursor = polls.shipments_cursor(connection, lane)
        live_since = polls.first_shipment(connection, lane, context.lane.store.live_since())
        polls.lock_lane(connection, lane)
        counts["matched"] = quantities.match_waiting(connection, lane)
    # Nothing of ours can have shipped before the lane went live: the first poll leaves out the account's history.
    first = context.warehouse.cursor_at(live_since)
    for page in context.warehouse.poll_shipments(cursor or first):
        if context.stop.is_set():
            break
        ended = _ended(context, page.cancelled)
        with context.ledger.begin() as connection:
            polls.lock_lane(connection, lane)
            _apply_page(context, connection, page, ended, counts)
            polls.save_cursor(connection, lane, page.cursor)
    _finish(context, counts)
    return dict(counts)


@dataclass(frozen=True, slots=True)
class _EndedOrder:
    """A fulfillment order with a cancelled part and nothing open; `whole` if all of it was cancelled."""

    row: Row[Any]
    whole: bool


def _ended(context: StageContext, cancelled: Sequence[RemoteOrder]) -> list[_EndedOrder]:
    """Return the orders that have ended with these cancels; ask the warehouse before anything is written."""
    if not cancelled:
        return []
    with context.ledger.begin() as connection:
        rows = shipments.cancel_candidates(connection, context.lane.name, cancelled)
    found = dict(context.warehouse.find_many([row.known_as for row in rows]))
    states = {row.id: {order.state for order in found.get(row.known_as, ())} for row in rows}
    return [
        _EndedOrder(row, states[row.id] == {RemoteState.CANCELLED})
        for row in rows
        if states[row.id] and RemoteState.OPEN not in states[row.id]
    ]


def _apply_page(
    context: StageContext,
    connection: Connection,
    page: ShipmentPage,
    ended: Sequence[_EndedOrder],
    counts: Counter[str],
) -> None:
    lane = context.lane.name
    stored = shipments.store_page(connection, lane, page.items, page.unshipped)
    orders = quantities.orders_of_shipments(
        connection, [voided.fulfillment_order_id or 0 for voided in stored.voided]
    )
    voided_now = shipped_orders.open_voided_exceptions(context, connection, stored.voided, orders)
    for order in ended:
        if not order.whole:
            shipments.mark_final(connection, order.row.id)
    shipped_orders.check_shipped_orders(context, connection, counts, voided_now=voided_now)
    counts["cancelled"] += _cancel(context, connection, [order.row for order in ended if order.whole], counts)
    counts.update(
        {
            "pages": 1,
            "shipments": stored.shipments,
            "packages": stored.packages,
            "unmatched": stored.unmatched,
            "voided": sum(len(voided.numbers) for voided in stored.voided),
            "exceptions": len(voided_now),
        }
    )
    if stored.unmatched:
        log.warning(
            "lane %s: %d shipments match no order; they are kept: cartage shipments unmatched --lane %s",
            lane,
            stored.unmatched,
            lane,
        )


def _cancel(
    context: StageContext, connection: Connection, rows: Sequence[Row[Any]], counts: Counter[str]
) -> int:
    moves = [Move(row.id, why="the warehouse cancelled it") for row in rows]
    moved = move(connection, moves, State.CANCELLED, context.by, strict=False)
    orders = quantities.orders_of_shipments(connection, sorted(moved))
    for row in rows:
        # A cancel that we asked for needs no decision.
        if row.id in moved and not row.cancel_wanted:
            shipped_orders.open_cancelled_exception(context, connection, orders[row.id])
            counts["exceptions"] += 1
    return len(moved)


def _finish(context: StageContext, counts: Counter[str]) -> None:
    """Check what is left: adopted orders, of which only the warehouse knows what is open, and late matches."""
    with context.ledger.begin() as connection:
        polls.lock_lane(connection, context.lane.name)
        shipped_orders.accept_decisions(context, connection, counts)
        adopted = shipped_orders.adopted_waiting(connection, context.lane.name)
    over = {
        reference
        for reference, found in (context.warehouse.find_many(adopted) if adopted else ())
        if not any(
            order.state is RemoteState.OPEN and is_family(order.reference, reference) for order in found
        )
    }
    with context.ledger.begin() as connection:
        polls.lock_lane(connection, context.lane.name)
        shipped_orders.check_shipped_orders(context, connection, counts, over=over, adopted=set(adopted))
