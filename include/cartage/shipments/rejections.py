"""Orders that the warehouse rejects after it had got them: a person decides, and what cannot be undone stays. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.model.exceptions import ExceptionKind
from cartage.model.states import UNSENT, State
from cartage.shipments.repo.notices import NamedOrder


class RejectionEffect(Enum):
    """What a rejection does to its order."""

    ASK = "ask"  # it is in conflict: a person decides
    CANCEL = "cancel"  # we asked for it: nobody needs to decide
    END = "end"  # a part has shipped; nothing more will
    NOTHING = "nothing"  # it is kept on the timeline


@dataclass(frozen=True, slots=True)
class JudgedRejection:
    """The effect of a rejection; `why` says what it changes, or why nothing."""

    effect: RejectionEffect
    why: str


# The warehouse got it, also where nobody saw that it did.
_GOT = frozenset({State.SENDING, State.UNKNOWN, State.ACKNOWLEDGED})


def judge_rejection(order: NamedOrder, *, of_last_attempt: bool = True) -> JudgedRejection:
    """Judge a rejection by the order's state. `of_last_attempt`: it is about what was sent last."""
    if order.superseded or not of_last_attempt:
        return JudgedRejection(RejectionEffect.NOTHING, "it was sent again since")
    if order.state is State.ACKNOWLEDGED and order.cancel_wanted:
        return JudgedRejection(RejectionEffect.CANCEL, "its cancel was asked for")
    if order.state in _GOT or (order.state is State.CONFLICT and order.asked is not None):
        return JudgedRejection(RejectionEffect.ASK, "a person decides")
    if order.state is State.PARTIALLY_SHIPPED:
        return JudgedRejection(RejectionEffect.END, "a part of it has shipped, and nothing more will")
    if order.state in UNSENT:
        return JudgedRejection(RejectionEffect.NOTHING, "it is not at the warehouse")
    words = {
        State.SHIPPED: "it has shipped",
        State.CANCELLED: "it is cancelled",
        State.CONFLICT: "a person is asked about it already",
    }
    return JudgedRejection(RejectionEffect.NOTHING, words[order.state])


def draft_rejected(order: NamedOrder, reason: str, remote_id: str) -> ExceptionDraft:
    """Draft the exception about a rejected order. The same rejection again opens no other one."""
    return ExceptionDraft(
        sales_order_id=order.sales_order_id,
        kind=ExceptionKind.REJECTED_BY_WAREHOUSE,
        message=f"order {order.order_id}: the warehouse rejected {order.known_as} after it had taken it: {reason}",
        remote_id=remote_id or order.remote_id,
        before={"state": "sent"},
        after={"rejected": reason},
        fulfillment_order_id=order.id,
    )
