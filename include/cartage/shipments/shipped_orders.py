"""Move orders by what has shipped of them: check each changed order's quantities, and open or end its exceptions.

Everything here happens in the caller's transaction, and nothing calls the outside.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle import shipping_exceptions
from cartage.lifecycle.exceptions import ExceptionDraft, close_exception
from cartage.lifecycle.shipping_exceptions import CurrentShippingException, draft_cancelled_by_warehouse
from cartage.lifecycle.transitions import Move, move
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.shipments.quantity_check import QuantityCheck, check_quantities
from cartage.shipments.repo.quantities import UncheckedOrder, mark_checked, unchecked_orders
from cartage.shipments.repo.shipments import Voided

log = logging.getLogger(__name__)

_BATCH = 500
_AT_WAREHOUSE = (State.ACKNOWLEDGED, State.PARTIALLY_SHIPPED, State.SHIPPED)
_COUNTED = {
    State.SHIPPED: "shipped",
    State.PARTIALLY_SHIPPED: "partially_shipped",
    State.ACKNOWLEDGED: "taken_back",
}


def check_shipped_orders(
    context: StageContext,
    connection: Connection,
    counts: Counter[str],
    *,
    adopted: Collection[str] = (),
    over: Collection[str] | None = (),
    voided_now: Collection[int] = (),
) -> None:
    """Check every order of which a shipment changed, and move it to the state that follows from its shipments.

    Of adopted orders, check only those whose references are in `adopted`; `over` are those of which the warehouse has
    nothing open, None if it cannot be asked. `voided_now` are fulfillment orders for which this change opened an
    exception about a voided label.
    """
    after = 0
    place = context.warehouse_name
    while batch := unchecked_orders(connection, context.lane.name, after=after, size=_BATCH, warehouse=place):
        after = batch[-1].id
        ours = [order for order in batch if not order.adopted_as or order.known_as in adopted]
        current = shipping_exceptions.current_shipping_exceptions(connection, [order.id for order in ours])
        targets = {}
        for order in ours:
            check = _checked(order)
            _open_or_end_exceptions(context, connection, order, check, current, voided_now, counts)
            targets[order.id] = _target(order, check, over, current)
        for to, name in _COUNTED.items():
            moves = [Move(order.id) for order in ours if targets[order.id] is to and order.state is not to]
            counts[name] += len(move(connection, moves, to, context.by, strict=False))
        mark_checked(connection, context.lane.name, [order.id for order in ours])


def adopted_waiting(connection: Connection, lane: str, warehouse: str) -> list[str]:
    """Return the warehouse's references of adopted orders whose quantities are to be checked."""
    return [
        unchecked_order.known_as
        for unchecked_order in unchecked_orders(connection, lane, warehouse=warehouse)
        if unchecked_order.adopted_as
    ]


def open_voided_exceptions(
    context: StageContext, connection: Connection, voided: Sequence[Voided], orders: dict[int, Row[Any]]
) -> set[int]:
    """Open an exception for each order whose posted number the warehouse voided without another in its place.

    Return the fulfillment orders.
    """
    opened = set()
    for void in voided:
        row = orders.get(void.fulfillment_order_id or 0)
        if row is None or not void.posted or void.replaced:
            continue
        numbers = ", ".join(void.posted)
        message = (
            f"order {row.order_id}: the warehouse voided {numbers} after it was posted; Cartage removes it from the "
            "store, whose status stays"
        )
        draft = ExceptionDraft(
            sales_order_id=row.sales_order_id,
            kind=ExceptionKind.LABEL_VOIDED,
            message=message,
            remote_id=row.remote_id or "",
            before=_document(row.shipment_id, "tracking", {"": numbers}),
            after=_document(row.shipment_id, "voided", {"": numbers}),
            fulfillment_order_id=row.id,
        )
        shipping_exceptions.open_shipping_exception(connection, context.lane.name, draft, context.by)
        log.warning("lane %s: %s", context.lane.name, message)
        opened.add(row.id)
    return opened


def open_cancelled_exception(context: StageContext, connection: Connection, row: Row[Any]) -> None:
    """Open an exception for an order that the warehouse cancelled without being asked after it had acknowledged it."""
    draft = draft_cancelled_by_warehouse(
        row.sales_order_id, row.order_id, row.id, row.known_as, row.remote_id
    )
    shipping_exceptions.open_shipping_exception(connection, context.lane.name, draft, context.by)
    log.warning("lane %s: %s", context.lane.name, draft.message)


def accept_decisions(context: StageContext, connection: Connection, counts: Counter[str]) -> None:
    """Move orders that a person accepted as they shipped to `shipped`."""
    for exception_id, order, person in shipping_exceptions.accepted_exceptions(connection, context.lane.name):
        moves = [Move(order, why=f"accepted as it shipped: {person}")]
        counts["shipped"] += len(move(connection, moves, State.SHIPPED, context.by, strict=False))
        close_exception(connection, exception_id, f"{Choice.ACCEPT.value}: {person}", context.by, ended=False)


def _checked(order: UncheckedOrder) -> QuantityCheck | None:
    """Check an order's quantities; None for another system's lines, unknown contents, or nothing shipped."""
    if order.adopted_as or order.shipped is None or not order.any_shipped:
        return None
    return check_quantities(order.ordered, order.shipped)


def _is_over(order: UncheckedOrder, check: QuantityCheck | None) -> bool:
    """Return whether nothing more is to ship: the warehouse says so, or all that was ordered has shipped.

    A confirmation in a file rarely says whether more follows.
    """
    return order.final or (check is not None and not check.short)


def _all_units_shipped(order: UncheckedOrder) -> bool:
    """Return whether an adopted order has shipped, by what confirmations say.

    The other system's lines may have other SKUs, so units are counted. Where confirmations do not say what a package
    holds, one is all that comes.
    """
    if order.final or order.shipped is None:
        return True
    shipped = sum(content.quantity for content in order.shipped)
    return shipped >= sum(content.quantity for content in order.ordered)


def _target(
    order: UncheckedOrder,
    check: QuantityCheck | None,
    over: Collection[str] | None,
    current: dict[tuple[int, ExceptionKind], CurrentShippingException],
) -> State:
    """Return the order's state: by quantities where they are known, else by what the warehouse says is outstanding."""
    if order.state not in _AT_WAREHOUSE:
        return order.state
    if not order.any_shipped:
        return State.ACKNOWLEDGED
    if order.adopted_as:
        done = _all_units_shipped(order) if over is None else order.known_as in over
        return State.SHIPPED if done else State.PARTIALLY_SHIPPED
    if not _is_over(order, check):
        return State.PARTIALLY_SHIPPED
    if check is None or not check.short:
        return State.SHIPPED
    shipped_differently = current.get((order.id, ExceptionKind.SHIPPED_DIFFERENTLY))
    accepted = (
        shipped_differently is not None
        and shipped_differently.decision == Choice.ACCEPT
        and shipped_differently.after == _after(order, check)
    )
    return State.SHIPPED if accepted else State.PARTIALLY_SHIPPED


def _open_or_end_exceptions(
    context: StageContext,
    connection: Connection,
    order: UncheckedOrder,
    check: QuantityCheck | None,
    current: dict[tuple[int, ExceptionKind], CurrentShippingException],
    voided_now: Collection[int],
    counts: Counter[str],
) -> None:
    over = _is_over(order, check)
    differs = over and check is not None and not check.exact and order.state in _AT_WAREHOUSE
    if differs and check is not None:
        counts["exceptions"] += shipping_exceptions.open_shipping_exception(
            connection, context.lane.name, _differently(order, check), context.by
        )
    ended = {
        ExceptionKind.SHIPPED_DIFFERENTLY: "" if differs else "it ships as it was ordered",
        ExceptionKind.LABEL_VOIDED: "it has shipped again"
        if order.any_shipped and over and order.id not in voided_now
        else "",
    }
    for kind, reason in ended.items():
        if reason and (order.id, kind) in current:
            shipping_exceptions.end_shipping_exception(
                connection, order.sales_order_id, order.id, kind, reason, context.by
            )


def _differently(order: UncheckedOrder, check: QuantityCheck) -> ExceptionDraft:
    what = "has shipped short" if check.short else "has not shipped as it was ordered"
    return ExceptionDraft(
        sales_order_id=order.sales_order_id,
        kind=ExceptionKind.SHIPPED_DIFFERENTLY,
        message=f"order {order.order_id} {what}, and nothing more is to come: {check.difference()}",
        remote_id=order.remote_id,
        before=_document(order.shipment_id, "quantity", check.ordered()),
        after=_after(order, check),
        fulfillment_order_id=order.id,
        # Nothing is outstanding where nothing is short: there is nothing to accept.
        choices=() if check.short else (Choice.HANDLED, Choice.IGNORE),
    )


def _after(order: UncheckedOrder, check: QuantityCheck) -> dict[str, Any]:
    return _document(order.shipment_id, "quantity", check.shipped())


def _document(shipment_id: int, name: str, value: dict[str, str]) -> dict[str, Any]:
    return {"groups": [{"shipment_id": shipment_id, name: value}]}
