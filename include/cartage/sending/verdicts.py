"""Judge what the warehouse responded to "do you have this order?". Pure.

Every `row` has id, sales_order_id, order_id, reference, request and cancel_wanted; one whose request may have left also
has `failed_in`, where the connector failed on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cartage.errors.problems import Problem, connector_failed_in
from cartage.lanes.settings.warehouse import WhenAbsent
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import Move
from cartage.model.documents import stored_request
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.warehouses.contract import (
    Capabilities,
    DuplicatePolicy,
    Reconcile,
    RemoteOrder,
    RemoteState,
)
from cartage.warehouses.differences import content_differences, is_smaller


@dataclass(frozen=True, slots=True)
class SettlementVerdict:
    """The state that an order moves to, the exception to open for `conflict`, and the problem for `blocked`."""

    to: State
    move: Move
    draft: ExceptionDraft | None = None
    problem: Problem | None = None


def has_part_of(row: Row[Any], found: Sequence[RemoteOrder]) -> bool:
    """Return whether what a warehouse has of an order is a part of what the ledger would send, and no more."""
    request = stored_request(row.request)
    live = [order for order in found if order.state is not RemoteState.CANCELLED]
    return request is not None and bool(live) and is_smaller(request, live)


def judge_found(row: Row[Any], found: Sequence[RemoteOrder]) -> SettlementVerdict:
    """Judge an order that the warehouse has.

    With our content it is acknowledged. If it is cancelled, or has other content, a person decides.
    """
    first = min(found, key=lambda order: len(order.reference))
    if all(order.state is RemoteState.CANCELLED for order in found):
        if row.cancel_wanted:
            why = "found cancelled at the warehouse, as requested"
            return SettlementVerdict(State.CANCELLED, Move(row.id, why=why))
        message = f"{row.reference} is cancelled at the warehouse: is it to be shipped?"
        return _conflict(row, ExceptionKind.CANCELLED_AT_WAREHOUSE, message, first.remote_id)
    request = stored_request(row.request)
    if request is None:
        message = (
            f"the warehouse has {row.reference}; what was sent cannot be read any more: is it the same order?"
        )
        return _conflict(row, ExceptionKind.DIFFERS_AT_WAREHOUSE, message, first.remote_id)
    differences = content_differences(request, found)
    if differences:
        message = f"the warehouse has {row.reference} with other content: {'; '.join(differences)}"
        return _conflict(row, ExceptionKind.DIFFERS_AT_WAREHOUSE, message, first.remote_id)
    why = "found at the warehouse"
    return SettlementVerdict(
        State.ACKNOWLEDGED, Move(row.id, why=why, remote_id=first.remote_id, remote_etag=first.etag)
    )


def judge_absent_after_sending(
    row: Row[Any], can: Capabilities, when_absent: WhenAbsent
) -> SettlementVerdict:
    """Judge an order whose request may have left, and that the warehouse does not show."""
    if can.duplicate_policy is DuplicatePolicy.REJECTS:
        if row.failed_in:
            return _blocked(row, "absent at the warehouse; its connector failed on it")
        why = "absent at the warehouse, which refuses a repeated reference"
        return SettlementVerdict(State.READY, Move(row.id, why=why))
    if row.cancel_wanted:
        why = "absent at the warehouse, and cancelled as requested"
        return SettlementVerdict(State.CANCELLED, Move(row.id, why=why))
    if when_absent is WhenAbsent.SEND:
        if row.failed_in:
            return _blocked(row, "absent at the warehouse; its connector failed on it")
        why = "absent at the warehouse, and resent as the lane's settings say"
        return SettlementVerdict(State.READY, Move(row.id, why=why))
    message = f"{row.reference} may have been sent. The warehouse does not show it and would accept it twice: send it?"
    return _conflict(row, ExceptionKind.SENT_OR_NOT, message)


def judge_published(row: Row[Any]) -> SettlementVerdict:
    """Judge an order whose document is published. What a file target knows an order by is its reference."""
    why = "its document is published"
    return SettlementVerdict(State.ACKNOWLEDGED, Move(row.id, why=why, remote_id=row.reference))


def judge_unpublished(row: Row[Any]) -> SettlementVerdict:
    """Judge an order whose document is not published, and never will be by the attempt that is to be settled."""
    why = "its document was not published"
    if row.cancel_wanted:
        return SettlementVerdict(
            State.CANCELLED, Move(row.id, why=f"{why}, and it is cancelled as requested")
        )
    return _blocked(row, why) if row.failed_in else SettlementVerdict(State.READY, Move(row.id, why=why))


def judge_absent_unsent(
    row: Row[Any], can: Capabilities, when_absent: WhenAbsent
) -> SettlementVerdict | None:
    """Judge an order that the ledger never sent and the warehouse does not show; None if it may be sent.

    A person decides only where absence proves nothing and the warehouse would accept a repeated reference.
    """
    proof = can.reconcile is not Reconcile.EVIDENCE or can.duplicate_policy is DuplicatePolicy.REJECTS
    if proof or when_absent is WhenAbsent.SEND:
        return None
    message = f"{row.reference} may have been sent before this ledger began, and this warehouse cannot tell: send it?"
    return _conflict(row, ExceptionKind.SENT_OR_NOT, message)


def _blocked(row: Row[Any], why: str) -> SettlementVerdict:
    """Return the verdict for an order on which the connector would fail again."""
    problem = connector_failed_in(row.failed_in)
    return SettlementVerdict(State.BLOCKED, Move(row.id, why=f"{why}: {row.failed_in}"), problem=problem)


def _conflict(row: Row[Any], kind: ExceptionKind, message: str, remote_id: str = "") -> SettlementVerdict:
    draft = ExceptionDraft(row.sales_order_id, kind, message, remote_id, fulfillment_order_id=row.id)
    return SettlementVerdict(State.CONFLICT, Move(row.id, why=message, remote_id=remote_id or None), draft)
