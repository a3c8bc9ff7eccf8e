"""Cancelling at the warehouse: asks what is there, cancels each open part, and asks again. Proof is what it says then.

Knows nothing of why, and writes nothing down: whoever asked for it records what became of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from cartage.changes.repo.sent_orders import SentGroup
from cartage.errors import NotFound, NotSupported, OutcomeUnknown, Refused
from cartage.model.states import UNSENT, State
from cartage.warehouses.contract import CancelOutcome, RemoteOrder, RemoteState, Warehouse

log = logging.getLogger(__name__)

# Called with the warehouse's number just before each cancel leaves; raises where it must not.
Leave = Callable[[str], None]


class CancelResult(Enum):
    """What became of stopping one fulfillment order."""

    GONE = "gone"  # nothing of it will ship any more
    WAIT = "wait"  # the warehouse has not said so yet: the next run asks again
    BUSY = "busy"  # a request for it is under way, or its outcome is being settled
    LATE = "late"  # it cannot be stopped from here


@dataclass(frozen=True, slots=True)
class CancelAttempt:
    """One fulfillment order, and what became of stopping it."""

    group: SentGroup
    stop: CancelResult
    why: str = ""


def cancel_at_warehouse(  # noqa: PLR0911 - one return a state
    warehouse: Warehouse, group: SentGroup, reason: str, leave: Leave, *, whole: bool
) -> CancelAttempt:
    """Stop one fulfillment order, wherever it is. With `whole`, nothing is cancelled if a part has shipped.

    Raises:
        LeaseLost: if the claim on it was lost.
        RemoteError: the system's fault; what was asked for may or may not be done.
    """
    if group.state in UNSENT or group.state is State.CANCELLED:
        return CancelAttempt(group, CancelResult.GONE)
    if group.state in (State.SENDING, State.UNKNOWN):
        return CancelAttempt(group, CancelResult.BUSY)
    if group.state is State.SHIPPED or (whole and group.state is State.PARTIALLY_SHIPPED):
        return CancelAttempt(group, CancelResult.LATE, "it has shipped")
    if group.state is State.CONFLICT:
        return CancelAttempt(group, CancelResult.LATE, "its state at the warehouse is in conflict")
    if not warehouse.capabilities.cancel:
        return CancelAttempt(
            group, CancelResult.LATE, "orders cannot be cancelled at this warehouse from here"
        )
    try:
        return _cancel(warehouse, group, reason, leave, whole=whole)
    except (Refused, NotSupported) as refusal:
        return CancelAttempt(group, CancelResult.LATE, f"the warehouse does not cancel it: {refusal}")


def _cancel(
    warehouse: Warehouse, group: SentGroup, reason: str, leave: Leave, *, whole: bool
) -> CancelAttempt:
    found = warehouse.find(group.known_as)
    if _proved(found):
        return CancelAttempt(group, CancelResult.GONE)
    if whole and _shipped(found):
        return CancelAttempt(group, CancelResult.LATE, "it has shipped")
    outcomes = {_cancel_one(warehouse, remote_id, reason, leave) for remote_id in _open_parts(group, found)}
    found = warehouse.find(group.known_as)
    if _proved(found):
        return CancelAttempt(group, CancelResult.GONE)
    if _shipped(found) or CancelOutcome.TOO_LATE in outcomes:
        return CancelAttempt(group, CancelResult.LATE, "it has shipped, or is about to")
    if not found and outcomes == {CancelOutcome.NOT_FOUND}:
        return CancelAttempt(group, CancelResult.LATE, "the warehouse does not know it any more")
    return CancelAttempt(group, CancelResult.WAIT, "the warehouse has not confirmed that it is cancelled")


def _cancel_one(warehouse: Warehouse, remote_id: str, reason: str, leave: Leave) -> CancelOutcome | None:
    """One part; None where the outcome was not seen, which the question after it settles."""
    leave(remote_id)
    try:
        return warehouse.cancel(remote_id, reason)
    except OutcomeUnknown as unknown:
        log.warning("order %s at the warehouse: the outcome of its cancel is unknown: %s", remote_id, unknown)
        return None
    except NotFound:
        return CancelOutcome.NOT_FOUND


def _open_parts(group: SentGroup, found: Sequence[RemoteOrder]) -> list[str]:
    """The parts that are open; the order itself where the search does not show it (yet)."""
    if found:
        return [order.remote_id for order in found if order.state is RemoteState.OPEN]
    return [group.remote_id] if group.remote_id else []


def _proved(found: Sequence[RemoteOrder]) -> bool:
    return bool(found) and all(order.state is RemoteState.CANCELLED for order in found)


def _shipped(found: Sequence[RemoteOrder]) -> bool:
    return any(order.state is RemoteState.SHIPPED for order in found)
