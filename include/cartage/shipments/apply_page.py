"""Apply what one page of a poll says, in the caller's transaction: shipments, voids, cancels, notices about orders."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle.transitions import Move, move
from cartage.mappings.services import OfferedServices
from cartage.model.orders import Shipment
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import keep_unreadable
from cartage.shipments import shipped_orders
from cartage.shipments.order_notices import OrderNotices
from cartage.shipments.repo import quantities, shipments
from cartage.warehouses.contract import Reconcile, RemoteState, ShipmentPage
from cartage.warehouses.references import base_reference
from cartage.warehouses.repo.inbound import FileFinding
from cartage.warehouses.repo.offers import offered_ship_methods
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndedOrder:
    """A fulfillment order with a cancelled part and nothing open; `whole` if all of it was cancelled."""

    row: Row[Any]
    whole: bool


def ended_orders(context: StageContext, page: ShipmentPage) -> list[EndedOrder]:
    """Return the orders that have ended with the page's cancels; ask the warehouse before anything is written.

    A warehouse that takes files cannot be asked: what it says counts for all that has not shipped.

    Raises:
        RemoteError: if the warehouse cannot be asked.
    """
    cancelled = page.cancelled
    if not cancelled:
        return []
    with context.ledger.begin() as connection:
        rows = shipments.cancel_candidates(connection, context.lane.name, cancelled, context.warehouse_name)
    if context.warehouse.capabilities.reconcile is Reconcile.EVIDENCE:
        ships = {base_reference(shipment.reference) for shipment in page.items}
        return [
            EndedOrder(row, row.state == State.ACKNOWLEDGED and row.known_as not in ships) for row in rows
        ]
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
        EndedOrder(row, states[row.id] == {RemoteState.CANCELLED})
        for row in rows
        if states[row.id] and RemoteState.OPEN not in states[row.id]
    ]


def apply_page(
    context: StageContext,
    connection: Connection,
    page: ShipmentPage,
    ended: Sequence[EndedOrder],
    counts: Counter[str],
) -> list[FileFinding]:
    """Apply a page, of which these orders have ended; return the notices in it that had no effect."""
    if page.says_nothing:
        counts["pages"] += 1
        return []
    lane = context.lane.name
    counts["unreadable"] += keep_unreadable(context, connection, page.unreadable)
    services = OfferedServices(offered_ship_methods(connection, context.account) or ())
    items = [_with_titles(shipment, services) for shipment in page.items]
    stored = shipments.store_page(connection, lane, items, page.unshipped, context.warehouse_name)
    orders = quantities.orders_of_shipments(
        connection, [voided.fulfillment_order_id or 0 for voided in stored.voided]
    )
    voided_now = shipped_orders.open_voided_exceptions(context, connection, stored.voided, orders)
    for order in ended:
        if not order.whole:
            shipments.mark_final(connection, order.row.id)
    notices = OrderNotices(context, connection, counts, page.document.name if page.document else "")
    has_notices = page.document is not None or page.accepted or page.rejected or page.responses
    if has_notices:
        notices.accept(page)
    shipped_orders.check_shipped_orders(context, connection, counts, voided_now=voided_now)
    counts["cancelled"] += _cancel(context, connection, [order.row for order in ended if order.whole], counts)
    if has_notices:
        notices.reject()
        shipped_orders.check_shipped_orders(context, connection, counts)
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
    return notices.findings


def _keep_unsettled(context: StageContext, rows: Sequence[Row[Any]]) -> None:
    """Keep cancelled orders with a part that cannot be read: they are read again, until it is known what is open."""
    if rows:
        with context.ledger.begin() as connection:
            unread = [
                UnreadableRow(RowKind.ORDER, "a part of the order", row.known_as, row.known_as, row.remote_id)
                for row in rows
            ]
            keep_unreadable(context, connection, unread)


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
