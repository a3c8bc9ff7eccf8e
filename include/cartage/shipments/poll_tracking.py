"""Poll the warehouse for what it shipped, voided or cancelled since the last poll, and move its orders."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.transitions import Move, move
from cartage.mappings.services import OfferedServices
from cartage.model.orders import Shipment
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import keep_unreadable
from cartage.shipments import shipped_orders
from cartage.shipments.repo import polls, quantities, shipments
from cartage.warehouses.contract import RemoteOrder, RemoteState, ShipmentPage
from cartage.warehouses.references import is_family
from cartage.warehouses.repo import unreadable_rows
from cartage.warehouses.repo.offers import offered_ship_methods
from cartage.warehouses.unreadable import RowKind, UnreadableRow

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
    "unreadable",
)
# Orders that could not be read are asked for again by their numbers: a call each, in every poll.
_MOST_AGAIN = 50


def run(context: StageContext) -> dict[str, int]:
    """Poll the warehouse. The cursor is saved in the transaction that applies a page, so a killed run repeats the page.

    Return counts: pages, shipments, packages, unmatched, matched, voided, shipped, partially_shipped, taken_back,
    cancelled, exceptions, unreadable (orders that cannot be read: kept, and read again by every poll).

    Raises:
        RemoteError: if the warehouse cannot be read; what was stored stays stored.
    """
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS, 0))
    lane = context.lane.name
    _ = context.store_row  # The lane must be in the ledger before its cursor can be saved.
    since = context.ledger.now()
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
            _drop_read(connection, lane, page, since)
            polls.save_cursor(connection, lane, page.cursor)
    if not context.stop.is_set():
        _read_again(context, since, counts)
    _finish(context, counts)
    return dict(counts)


def _drop_read(connection: Connection, lane: str, page: ShipmentPage, since: datetime) -> None:
    """Drop what could not be read before and can be now."""
    keys = {shipment.key for shipment in page.items} | set(page.unshipped)
    references = {shipment.reference for shipment in page.items}
    references |= {order.reference for order in page.cancelled}
    if keys:
        unreadable_rows.drop_read_orders(connection, lane, keys, since, references)


def _read_again(context: StageContext, since: datetime, counts: Counter[str]) -> None:
    """Read the orders that could not be read before this run, and that it did not see: the cursor has passed them."""
    lane = context.lane.name
    with context.ledger.begin() as connection:
        due = unreadable_rows.orders_to_read_again(connection, lane, since, _MOST_AGAIN)
    if not due:
        return
    for page in context.warehouse.read_shipments(due):
        ended = _ended(context, page.cancelled)
        with context.ledger.begin() as connection:
            polls.lock_lane(connection, lane)
            _apply_page(context, connection, page, ended, counts)
    with context.ledger.begin() as connection:
        unreadable_rows.drop_read_orders(connection, lane, due, since)


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
    _keep_unsettled(context, [row for row in rows if row.known_as not in found])
    # Under another reference, the cancelled order is known by its number only, and the search does not show it.
    numbers = {order.remote_id for order in cancelled}
    states = {
        row.id: {order.state for order in found[row.known_as]}
        | ({RemoteState.CANCELLED} if row.remote_id in numbers else set())
        for row in rows
        if row.known_as in found
    }
    rows = [row for row in rows if row.id in states]
    return [
        _EndedOrder(row, states[row.id] == {RemoteState.CANCELLED})
        for row in rows
        if states[row.id] and RemoteState.OPEN not in states[row.id]
    ]


def _keep_unsettled(context: StageContext, rows: Sequence[Row[Any]]) -> None:
    """Keep cancelled orders with a part that cannot be read: they are read again, until it is known what is open."""
    if rows:
        with context.ledger.begin() as connection:
            unread = [
                UnreadableRow(RowKind.ORDER, "a part of the order", row.known_as, row.known_as, row.remote_id)
                for row in rows
            ]
            keep_unreadable(context, connection, unread)


def _apply_page(
    context: StageContext,
    connection: Connection,
    page: ShipmentPage,
    ended: Sequence[_EndedOrder],
    counts: Counter[str],
) -> None:
    lane = context.lane.name
    counts["unreadable"] += keep_unreadable(context, connection, page.unreadable)
    services = OfferedServices(offered_ship_methods(connection, context.account) or ())
    items = [_with_titles(shipment, services) for shipment in page.items]
    stored = shipments.store_page(connection, lane, items, page.unshipped)
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


def _with_titles(shipment: Shipment, services: OfferedServices) -> Shipment:
    """Give packages the names of their services: buyers read them in the store, and know no codes."""
    packages = (
        replace(package, service=services.title_of(package.carrier, package.service))
        for package in shipment.packages
    )
    return replace(shipment, packages=tuple(packages))


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
