"""What shipments make of their orders: each changed one is weighed, moved, and asked about where it shipped otherwise.

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
from cartage.shipments.repo import quantities as weighing
from cartage.shipments.repo.quantities import UncheckedOrder
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
    over: Collection[str] = (),
    asked_about: Collection[int] = (),
) -> None:
    """Weigh every order of which a shipment changed, and move it where it stands now.

    Of the old system's, those alone whose references are in `adopted`; `over` are those of which nothing is open there.
    `asked_about` are fulfillment orders about whose labels a question was asked by this very change.
    """
    after = 0
    while batch := weighing.unchecked_orders(connection, context.lane.name, after=after, size=_BATCH):
        after = batch[-1].id
        ours = [order for order in batch if not order.adopted_as or order.known_as in adopted]
        questions = shipping_exceptions.current_shipping_exceptions(connection, [order.id for order in ours])
        targets = {}
        for order in ours:
            quantities = _quantities(order)
            _ask_or_end(context, connection, order, quantities, questions, asked_about, counts)
            targets[order.id] = _target(order, quantities, over, questions)
        for to, name in _COUNTED.items():
            moves = [Move(order.id) for order in ours if targets[order.id] is to and order.state is not to]
            counts[name] += len(move(connection, moves, to, context.by, strict=False))
        weighing.mark_checked(connection, context.lane.name, [order.id for order in ours])


def adopted_waiting(connection: Connection, lane: str) -> list[str]:
    """References, at the warehouse, of adopted orders that are to be weighed."""
    return [
        unchecked_order.known_as
        for unchecked_order in weighing.unchecked_orders(connection, lane)
        if unchecked_order.adopted_as
    ]


def ask_about_voided(
    context: StageContext, connection: Connection, voided: Sequence[Voided], orders: dict[int, Row[Any]]
) -> set[int]:
    """Ask about each order whose number the store was told and the warehouse took back, with nothing in its place."""
    asked = set()
    for void in voided:
        row = orders.get(void.fulfillment_order_id or 0)
        if row is None or not void.posted or void.replaced:
            continue
        numbers = ", ".join(void.posted)
        message = (
            f"order {row.order_id}: the warehouse voided {numbers} after the store was told; it is taken out of the "
            "store, whose status stays"
        )
        question = ExceptionDraft(
            sales_order_id=row.sales_order_id,
            kind=ExceptionKind.LABEL_VOIDED,
            message=message,
            remote_id=row.remote_id or "",
            before=_document(row.shipment_id, "tracking", {"": numbers}),
            after=_document(row.shipment_id, "voided", {"": numbers}),
            fulfillment_order_id=row.id,
        )
        shipping_exceptions.open_shipping_exception(connection, context.lane.name, question, context.by)
        log.warning("lane %s: %s", context.lane.name, message)
        asked.add(row.id)
    return asked


def ask_about_cancelled(context: StageContext, connection: Connection, row: Row[Any]) -> None:
    """Ask about an order that the warehouse cancelled of its own accord after it had taken it."""
    question = draft_cancelled_by_warehouse(
        row.sales_order_id, row.order_id, row.id, row.known_as, row.remote_id
    )
    shipping_exceptions.open_shipping_exception(connection, context.lane.name, question, context.by)
    log.warning("lane %s: %s", context.lane.name, question.message)


def accept_decisions(context: StageContext, connection: Connection, counts: Counter[str]) -> None:
    """Let orders that a person accepted as they shipped count as shipped in full."""
    for exception_id, order, person in shipping_exceptions.accepted_exceptions(connection, context.lane.name):
        moves = [Move(order, why=f"accepted as it shipped: {person}")]
        counts["shipped"] += len(move(connection, moves, State.SHIPPED, context.by, strict=False))
        close_exception(connection, exception_id, f"{Choice.ACCEPT.value}: {person}", context.by, ended=False)


def _quantities(order: UncheckedOrder) -> QuantityCheck | None:
    """The order on the scales; None where that cannot be told: of another system's lines, or unknown contents."""
    if order.adopted_as or order.shipped is None or not order.any_shipped:
        return None
    return check_quantities(order.ordered, order.shipped)


def _target(
    order: UncheckedOrder,
    quantities: QuantityCheck | None,
    over: Collection[str],
    questions: dict[tuple[int, ExceptionKind], CurrentShippingException],
) -> State:
    """Where the order stands: by quantities where they are known, else by what the warehouse says is outstanding."""
    if order.state not in _AT_WAREHOUSE:
        return order.state
    if not order.any_shipped:
        return State.ACKNOWLEDGED
    if order.adopted_as:
        return State.SHIPPED if order.known_as in over else State.PARTIALLY_SHIPPED
    if not order.final:
        return State.PARTIALLY_SHIPPED
    if quantities is None or not quantities.short:
        return State.SHIPPED
    question = questions.get((order.id, ExceptionKind.SHIPPED_DIFFERENTLY))
    accepted = (
        question is not None
        and question.decision == Choice.ACCEPT
        and question.after == _after(order, quantities)
    )
    return State.SHIPPED if accepted else State.PARTIALLY_SHIPPED


def _ask_or_end(
    context: StageContext,
    connection: Connection,
    order: UncheckedOrder,
    quantities: QuantityCheck | None,
    questions: dict[tuple[int, ExceptionKind], CurrentShippingException],
    asked_about: Collection[int],
    counts: Counter[str],
) -> None:
    differs = order.final and quantities is not None and not quantities.exact and order.state in _AT_WAREHOUSE
    if differs and quantities is not None:
        counts["exceptions"] += shipping_exceptions.open_shipping_exception(
            connection, context.lane.name, _differently(order, quantities), context.by
        )
    ended = {
        ExceptionKind.SHIPPED_DIFFERENTLY: "" if differs else "it ships as it was ordered",
        ExceptionKind.LABEL_VOIDED: "it has shipped again"
        if order.any_shipped and order.final and order.id not in asked_about
        else "",
    }
    for kind, reason in ended.items():
        if reason and (order.id, kind) in questions:
            shipping_exceptions.end_shipping_exception(
                connection, order.sales_order_id, order.id, kind, reason, context.by
            )


def _differently(order: UncheckedOrder, quantities: QuantityCheck) -> ExceptionDraft:
    what = "has shipped short" if quantities.short else "has not shipped as it was ordered"
    return ExceptionDraft(
        sales_order_id=order.sales_order_id,
        kind=ExceptionKind.SHIPPED_DIFFERENTLY,
        message=f"order {order.order_id} {what}, and nothing more is to come: {quantities.difference()}",
        remote_id=order.remote_id,
        before=_document(order.shipment_id, "quantity", quantities.ordered()),
        after=_after(order, quantities),
        fulfillment_order_id=order.id,
        # Nothing is outstanding where nothing is short: there is nothing to accept.
        choices=() if quantities.short else (Choice.HANDLED, Choice.IGNORE),
    )


def _after(order: UncheckedOrder, quantities: QuantityCheck) -> dict[str, Any]:
    return _document(order.shipment_id, "quantity", quantities.shipped())


def _document(shipment_id: int, name: str, value: dict[str, str]) -> dict[str, Any]:
    return {"groups": [{"shipment_id": shipment_id, name: value}]}
