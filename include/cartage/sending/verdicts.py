"""What the warehouse's answer to "do you have it?" makes of an order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from cartage.lanes.settings.warehouse import WhenAbsent
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import Move
from cartage.model.documents import request_from
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import State
from cartage.warehouses.contract import (
    Capabilities,
    DuplicatePolicy,
    Reconcile,
    RemoteOrder,
    RemoteState,
    content_differences,
)


@dataclass(frozen=True, slots=True)
class SettlementVerdict:
    """Where an order is to go, and the question to a person where that is `conflict`."""

    to: State
    move: Move
    question: ExceptionDraft | None = None


def of_found(row: Row[Any], found: Sequence[RemoteOrder]) -> SettlementVerdict:
    """The order is there. With our content: acknowledged. Cancelled, or with other content: a person.

    `row` has id, sales_order_id, order_id, reference, request, cancel_wanted.
    """
    first = min(found, key=lambda order: len(order.reference))
    if all(order.state is RemoteState.CANCELLED for order in found):
        if row.cancel_wanted:
            why = "found cancelled at the warehouse, as was wished"
            return SettlementVerdict(State.CANCELLED, Move(row.id, why=why))
        what = f"{row.reference} is cancelled at the warehouse: is it to be shipped?"
        return _ask(row, ExceptionKind.CANCELLED_AT_WAREHOUSE, what, first.remote_id)
    differences = content_differences(request_from(row.request), found)
    if differences:
        what = f"the warehouse has {row.reference} with other content: {'; '.join(differences)}"
        return _ask(row, ExceptionKind.DIFFERS_AT_WAREHOUSE, what, first.remote_id)
    why = "found at the warehouse"
    return SettlementVerdict(
        State.ACKNOWLEDGED, Move(row.id, why=why, remote_id=first.remote_id, remote_etag=first.etag)
    )


def of_lost(row: Row[Any], can: Capabilities, when_absent: WhenAbsent) -> SettlementVerdict:
    """A request may have left, and the order is not there, as far as the warehouse can tell."""
    if can.duplicate_policy is DuplicatePolicy.REJECTS:
        why = "absent at the warehouse, which refuses a repeated reference"
        return SettlementVerdict(State.READY, Move(row.id, why=why))
    if row.cancel_wanted:
        return SettlementVerdict(
            State.CANCELLED, Move(row.id, why="absent at the warehouse, and cancelled as was wished")
        )
    if when_absent is WhenAbsent.SEND:
        why = "absent at the warehouse, and sent again by the lane's settings"
        return SettlementVerdict(State.READY, Move(row.id, why=why))
    what = f"{row.reference} may have been sent, the warehouse does not show it and would take it twice: send it?"
    return _ask(row, ExceptionKind.SENT_OR_NOT, what)


def of_never_sent(row: Row[Any], can: Capabilities, when_absent: WhenAbsent) -> SettlementVerdict | None:
    """The ledger knows of no request, and the order is not there; None: it may be sent.

    Only where the warehouse's answer is no proof, and a repeat would be taken, is a person asked.
    """
    proof = can.reconcile is not Reconcile.EVIDENCE or can.duplicate_policy is DuplicatePolicy.REJECTS
    if proof or when_absent is WhenAbsent.SEND:
        return None
    what = f"{row.reference} may have been sent before this ledger began, which this warehouse cannot tell: send it?"
    return _ask(row, ExceptionKind.SENT_OR_NOT, what)


def _ask(row: Row[Any], kind: ExceptionKind, what: str, remote_id: str = "") -> SettlementVerdict:
    question = ExceptionDraft(row.sales_order_id, kind, what, remote_id, fulfillment_order_id=row.id)
    return SettlementVerdict(State.CONFLICT, Move(row.id, why=what, remote_id=remote_id or None), question)
