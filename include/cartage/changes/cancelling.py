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


class Stop(Enum):
    """What became of stopping one fulfillment order."""

    GONE = "gone"  # nothing of it will ship any more
    WAIT = "wait"  # the warehouse has not said so yet: the next run asks again
    BUSY = "busy"  # a request for it is under way, or its outcome is being settled
    LATE = "late"  # it cannot be stopped from here


@dataclass(frozen=True, slots=True)
class Stopped:
    """One fulfillment order, and what became of stopping it."""

    group: SentGroup
    stop: Stop
    why: str = ""


def stop(  # noqa: PLR0911 - one return a state
    warehouse: Warehouse, group: SentGroup, reason: str, leave: Leave, *, whole: bool
) -> Stopped:
    """Stop one fulfillment order, wherever it is. With `whole`, nothing is cancelled if a part has shipped.

    Raises:
        LeaseLost: if the claim on it was lost.
        RemoteError: the system's fault; what was asked for may or may not be done.
    """
    if group.state in UNSENT or group.state is State.CANCELLED:
        return Stopped(group, Stop.GONE)
    if group.state in (State.SENDING, State.UNKNOWN):
        return Stopped(group, Stop.BUSY)
    if group.state is State.SHIPPED or (whole and group.state is State.PARTIALLY_SHIPPED):
        return Stopped(group, Stop.LATE, "it has shipped")
    if group.state is State.CONFLICT:
        return Stopped(group, Stop.LATE, "its state at the warehouse is in conflict")
    if not warehouse.capabilities.cancel:
        return Stopped(group, Stop.LATE, "orders cannot be cancelled at this warehouse from here")
    try:
        return _cancel(warehouse, group, reason, leave, whole=whole)
    except (Refused, NotSupported) as refusal:
        return Stopped(group, Stop.LATE, f"the warehouse does not cancel it: {refusal}")


def _cancel(warehouse: Warehouse, group: SentGroup, reason: str, leave: Leave, *, whole: bool) -> Stopped:
    found = warehouse.find(group.known_as)
    if _proved(found):
        return Stopped(group, Stop.GONE)
    if whole and _shipped(found):
        return Stopped(group, Stop.LATE, "it has shipped")
    outcomes = {_cancel_one(warehouse, remote_id, reason, leave) for remote_id in _open_parts(group, found)}
    found = warehouse.find(group.known_as)
    if _proved(found):
        return Stopped(group, Stop.GONE)
    if _shipped(found) or CancelOutcome.TOO_LATE in outcomes:
        return Stopped(group, Stop.LATE, "it has shipped, or is about to")
    if not found and outcomes == {CancelOutcome.NOT_FOUND}:
        return Stopped(group, Stop.LATE, "the warehouse does not know it any more")
    return Stopped(group, Stop.WAIT, "the warehouse has not confirmed that it is cancelled")


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
