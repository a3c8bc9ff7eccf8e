"""Tracking: takes in what the warehouse shipped, took back or cancelled since the last poll, and moves its orders."""

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
from cartage.shipments.repo import polls, shipments
from cartage.shipments.repo import quantities as weighing
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
    """Poll. The cursor moves on in the transaction that does what a page demands: a killed run repeats.

    Returns counts: pages, shipments, packages, unmatched, matched, voided, shipped, partially_shipped, taken_back,
    cancelled, exceptions.

    Raises:
        RemoteError: if the warehouse cannot be read; what was stored stays stored.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    lane = context.lane.name
    _ = context.store_row  # The lane must be in the ledger before it can remember its cursor.
    with context.ledger.begin() as connection:
        cursor = polls.shipments_cursor(connection, lane)
        live_since = polls.first_shipment(connection, lane, context.lane.store.live_since())
        polls.take_turn(connection, lane)
        counts["matched"] = weighing.match_waiting(connection, lane)
    # Nothing of ours can have shipped before the lane went live: the first poll leaves out the account's past.
    first = context.warehouse.cursor_at(live_since)
    for page in context.warehouse.poll_shipments(cursor or first):
        if context.stop.is_set():
            break
        ended = _ended(context, page.cancelled)
        with context.ledger.begin() as connection:
            polls.take_turn(connection, lane)
            _take_in(context, connection, page, ended, counts)
            polls.save_cursor(connection, lane, page.cursor)
    _finish(context, counts)
    return dict(counts)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A fulfillment order of which the warehouse cancelled a part, and nothing is open any more."""

    row: Row[Any]
    whole: bool


def _ended(context: StageContext, cancelled: Sequence[RemoteOrder]) -> list[_Ended]:
    """Which orders are over with these cancels; the warehouse is asked before anything is written."""
    if not cancelled:
        return []
    with context.ledger.begin() as connection:
        rows = shipments.cancel_candidates(connection, context.lane.name, cancelled)
    found = dict(context.warehouse.find_many([row.known_as for row in rows]))
    states = {row.id: {order.state for order in found.get(row.known_as, ())} for row in rows}
    return [
        _Ended(row, states[row.id] == {RemoteState.CANCELLED})
        for row in rows
        if states[row.id] and RemoteState.OPEN not in states[row.id]
    ]


def _take_in(
    context: StageContext,
    connection: Connection,
    page: ShipmentPage,
    ended: Sequence[_Ended],
    counts: Counter[str],
) -> None:
    lane = context.lane.name
    stored = shipments.store_page(connection, lane, page.items, page.unshipped)
    orders = weighing.orders_of_shipments(
        connection, [voided.fulfillment_order_id or 0 for voided in stored.voided]
    )
    asked = shipped_orders.ask_about_voided(context, connection, stored.voided, orders)
    for order in ended:
        if not order.whole:
            shipments.nothing_outstanding(connection, order.row.id)
    shipped_orders.check_shipped_orders(context, connection, counts, asked_about=asked)
    counts["cancelled"] += _cancel(context, connection, [order.row for order in ended if order.whole], counts)
    counts.update(
        {
            "pages": 1,
            "shipments": stored.shipments,
            "packages": stored.packages,
            "unmatched": stored.unmatched,
            "voided": sum(len(voided.numbers) for voided in stored.voided),
            "exceptions": len(asked),
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
    orders = weighing.orders_of_shipments(connection, sorted(moved))
    for row in rows:
        # What we wished cancelled is no news.
        if row.id in moved and not row.cancel_wanted:
            shipped_orders.ask_about_cancelled(context, connection, orders[row.id])
            counts["exceptions"] += 1
    return len(moved)


def _finish(context: StageContext, counts: Counter[str]) -> None:
    """Weigh what is left: adopted orders, of which the warehouse knows what is open, and what was matched late."""
    with context.ledger.begin() as connection:
        polls.take_turn(connection, context.lane.name)
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
        polls.take_turn(connection, context.lane.name)
        shipped_orders.check_shipped_orders(context, connection, counts, over=over, adopted=set(adopted))
