"""Cancel an order at the warehouse: look what is there, cancel each open part, and look again for the proof.

It knows no reasons and writes nothing to the ledger: the caller records the result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from cartage.changes.repo.sent_orders import SentGroup
from cartage.errors import MalformedResponse, NotFound, NotSupported, OutcomeUnknown, Refused
from cartage.model.states import UNSENT, State
from cartage.warehouses.contract import CancelOutcome, RemoteOrder, RemoteState, Warehouse

log = logging.getLogger(__name__)

# Called with the warehouse's number just before each cancel leaves; raises where it must not leave.
BeforeCancel = Callable[[str], None]


class CancelResult(Enum):
    """What became of the attempt to cancel one fulfillment order."""

    GONE = "gone"  # nothing of it will ship any more
    PENDING = "pending"  # the warehouse has not confirmed it: the next run looks again
    BUSY = "busy"  # a request for it is under way, or its outcome is being settled
    IMPOSSIBLE = "impossible"  # it cannot be cancelled from here


@dataclass(frozen=True, slots=True)
class CancelAttempt:
    """One fulfillment order, and the result of cancelling it."""

    group: SentGroup
    result: CancelResult
    why: str = ""


def cancel_at_warehouse(
    warehouse: Warehouse, group: SentGroup, reason: str, before: BeforeCancel, *, whole: bool
) -> CancelAttempt:
    """Cancel one fulfillment order, wherever it is. With `whole`, cancel nothing if a part of it has shipped.

    Raises:
        LeaseLost: if the claim on it was lost.
        RemoteError: if the warehouse cannot be reached; the cancel may or may not have been carried out.
    """
    if (known := result_by_state(group, whole=whole)) is not None:
        return known
    if not warehouse.capabilities.cancel:
        return no_cancels(group)
    try:
        return _cancel_parts(warehouse, group, reason, before, whole=whole)
    except (Refused, NotSupported) as refusal:
        return CancelAttempt(group, CancelResult.IMPOSSIBLE, f"the warehouse does not cancel it: {refusal}")
    except MalformedResponse as failure:
        log.warning("order %s at the warehouse: %s", group.known_as, failure)
        return CancelAttempt(group, CancelResult.PENDING, "what the warehouse reports of it cannot be read")


def result_by_state(group: SentGroup, *, whole: bool) -> CancelAttempt | None:
    """Return the result that follows from the order's state in the ledger; None where the warehouse must be asked."""
    if group.state in UNSENT or group.state is State.CANCELLED:
        return CancelAttempt(group, CancelResult.GONE)
    if group.state in (State.SENDING, State.UNKNOWN):
        return CancelAttempt(group, CancelResult.BUSY)
    if group.state is State.SHIPPED or (whole and group.state is State.PARTIALLY_SHIPPED):
        return CancelAttempt(group, CancelResult.IMPOSSIBLE, "it has shipped")
    if group.state is State.CONFLICT:
        return CancelAttempt(group, CancelResult.IMPOSSIBLE, "its state at the warehouse is in conflict")
    return None


def no_cancels(group: SentGroup) -> CancelAttempt:
    """Return the result at a warehouse that takes no cancels from here."""
    why = "orders cannot be cancelled at this warehouse from here"
    return CancelAttempt(group, CancelResult.IMPOSSIBLE, why)


def _cancel_parts(
    warehouse: Warehouse, group: SentGroup, reason: str, before: BeforeCancel, *, whole: bool
) -> CancelAttempt:
    found = _parts_of(warehouse, group)
    if _all_cancelled(found):
        return CancelAttempt(group, CancelResult.GONE)
    if whole and _any_shipped(found):
        return CancelAttempt(group, CancelResult.IMPOSSIBLE, "it has shipped")
    outcomes = {_cancel_part(warehouse, part, reason, before) for part in _open_parts(group, found)}
    found = _parts_of(warehouse, group)
    if _all_cancelled(found):
        return CancelAttempt(group, CancelResult.GONE)
    if _any_shipped(found) or CancelOutcome.TOO_LATE in outcomes:
        return CancelAttempt(group, CancelResult.IMPOSSIBLE, "it has shipped, or is about to")
    if not found and outcomes == {CancelOutcome.NOT_FOUND}:
        return CancelAttempt(group, CancelResult.IMPOSSIBLE, "the warehouse no longer knows it")
    return CancelAttempt(group, CancelResult.PENDING, "the warehouse has not confirmed that it is cancelled")


def _parts_of(warehouse: Warehouse, group: SentGroup) -> list[RemoteOrder]:
    """Return the order's parts; the order itself by its number, where somebody there changed the reference."""
    found = warehouse.find(group.known_as)
    if found or not group.remote_id:
        return found
    try:
        return [warehouse.get(group.remote_id)]
    except NotFound:
        return []


def _cancel_part(
    warehouse: Warehouse, remote_id: str, reason: str, before: BeforeCancel
) -> CancelOutcome | None:
    """Cancel one part; None where the outcome was not seen, which the look afterwards settles."""
    before(remote_id)
    try:
        return warehouse.cancel(remote_id, reason)
    except OutcomeUnknown as unknown:
        log.warning("order %s at the warehouse: the outcome of its cancel is unknown: %s", remote_id, unknown)
        return None
    except NotFound:
        return CancelOutcome.NOT_FOUND


def _open_parts(group: SentGroup, found: Sequence[RemoteOrder]) -> list[str]:
    """Return the parts that are open; the order itself where the search does not show it (yet)."""
    if found:
        return [order.remote_id for order in found if order.state is RemoteState.OPEN]
    return [group.remote_id] if group.remote_id else []


def _all_cancelled(found: Sequence[RemoteOrder]) -> bool:
    return bool(found) and all(order.state is RemoteState.CANCELLED for order in found)


def _any_shipped(found: Sequence[RemoteOrder]) -> bool:
    return any(order.state is RemoteState.SHIPPED for order in found)
