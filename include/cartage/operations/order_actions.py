"""Operator actions on one order: retry, restart, hold, release, skip, note. Each is an event with the person's name.

Apart from notes, they apply to orders that are not at the warehouse, so none of them can send an order twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from cartage.errors import LedgerError, TransitionRefused
from cartage.errors.problems import shortened
from cartage.lifecycle.events import note_on_fulfillment_orders
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import LEFT_TO_OLD_SYSTEM, by_hand, is_by_hand
from cartage.model.states import UNSENT, State
from cartage.operations.repo import actions
from cartage.validation.repo import holds


class OrderAction(StrEnum):
    """An operator action on an order."""

    RETRY = "retry"
    RESTART = "restart"
    RELEASE = "release"
    HOLD = "hold"
    SKIP = "skip"


MEANINGS = {
    OrderAction.RETRY: "Validate the copy that the ledger has once more, and go on with it. Use it after something "
    "outside of the order was fixed: an item, a mapping, the warehouse's refusal.",
    OrderAction.RESTART: "Discard the ledger's copy: the store's order is read again, by the lane's present rules, and "
    "starts from the beginning. Use it after the order itself was corrected in the store.",
    OrderAction.RELEASE: "End all of its holds: it goes on with the next run, and no rule holds it again for the same "
    "reason.",
    OrderAction.HOLD: "Do not send it for some days. It goes on by itself after that, or when somebody releases it.",
    OrderAction.SKIP: "Do not ship it. It stays skipped, whatever the store lists, until somebody retries or restarts "
    "it.",
}

NOTE = "note"
"""The kind of the event that is a person's note."""

_LONGEST_NOTE = 2_000
_RETRIED = frozenset({State.BLOCKED, State.REJECTED})
_RESTARTED = UNSENT - {State.HELD}
_HELD = frozenset({State.IMPORTED, State.BLOCKED, State.READY})
_SKIPPED = UNSENT - {State.SKIPPED}


@dataclass(frozen=True, slots=True)
class ActionableOrder:
    """What decides which operator actions an order allows.

    `was_sent`: a request for it has left, whatever the outcome. `partly_sent`: another part of the sales order is at
    the warehouse, or was; the ledger's copy is then evidence of what was sent.
    """

    state: State
    reason: str
    was_sent: bool
    partly_sent: bool

    def allows(self) -> tuple[OrderAction, ...]:
        """Return the actions that are possible now."""
        return tuple(action for action in OrderAction if self._allows(action))

    def _allows(self, action: OrderAction) -> bool:
        if self.reason == LEFT_TO_OLD_SYSTEM:
            return False
        taken_out = self.state is State.SKIPPED and is_by_hand(self.reason)
        if action is OrderAction.RETRY:
            return self.state in _RETRIED or taken_out
        if action is OrderAction.RESTART:
            return self.state in _RESTARTED and not self.partly_sent
        if action is OrderAction.RELEASE:
            return self.state is State.HELD
        if action is OrderAction.HOLD:
            return self.state in _HELD
        # A conflict about an order that was sent needs a decision, not silence.
        return self.state in _SKIPPED or (self.state is State.CONFLICT and not self.was_sent)


def actionable(row: Row[Any]) -> ActionableOrder:
    """Return what decides about operator actions on the order of a row of `actionable_orders`."""
    return ActionableOrder(State(row.state), row.reason, row.was_sent, row.partly_sent)


def retry_order(connection: Connection, lane: str, order_id: int, by: By) -> None:
    """Have the next run validate the ledger's copy of an order again.

    Raises:
        TransitionRefused: if the order does not allow this now.
    """
    row = _locked(connection, lane, order_id, OrderAction.RETRY)
    move(connection, [Move(row.id, why="retried by hand")], State.IMPORTED, by)


def restart_order(connection: Connection, lane: str, order_id: int, by: By) -> None:
    """Have the store's order read again before anything else happens to it.

    An order that the lane's rules skipped stays skipped until it is read; whether they still skip it is decided then.

    Raises:
        TransitionRefused: if the order does not allow this now.
    """
    row = _locked(connection, lane, order_id, OrderAction.RESTART)
    actions.forget_copy(connection, row.sales_order_id)
    why = "restarted by hand: to be read again"
    if row.state == State.SKIPPED and not is_by_hand(row.reason):
        actions.record_restart(connection, row.id, why, by)
    else:
        move(connection, [Move(row.id, why=why)], State.IMPORTED, by)


def hold_order_by_hand(
    connection: Connection, lane: str, order_id: int, reason: str, lasting: timedelta, by: By
) -> None:
    """Keep an order from being sent for a time; the hold's owner is the person who placed it.

    Raises:
        TransitionRefused: if the order does not allow this now, or no reason is given.
    """
    if not reason.strip():
        raise TransitionRefused("A hold needs a reason. Write it down.")
    row = _locked(connection, lane, order_id, OrderAction.HOLD)
    holds.hold_order(
        connection, lane, row.reference, reason=reason.strip(), owner=by.actor, lasting=lasting, by=by
    )


def release_order(connection: Connection, lane: str, order_id: int, by: By) -> None:
    """End every hold of an order.

    Raises:
        TransitionRefused: if the order is not held now.
    """
    row = _locked(connection, lane, order_id, OrderAction.RELEASE)
    holds.release_holds(connection, lane, by, ids=actions.open_hold_ids(connection, [row.id]))


def skip_order(connection: Connection, lane: str, order_id: int, reason: str, by: By) -> None:
    """Take an order out until a person retries or restarts it.

    Raises:
        TransitionRefused: if the order does not allow this now, or no reason is given.
    """
    if not reason.strip():
        raise TransitionRefused("Skipping needs a reason. Write it down.")
    row = _locked(connection, lane, order_id, OrderAction.SKIP)
    move(connection, [Move(row.id, why=by_hand(by.actor, reason.strip()))], State.SKIPPED, by)


def note_on_order(connection: Connection, lane: str, order_id: int, words: str, by: By) -> None:
    """Add a person's note to an order's timeline, whatever its state.

    Raises:
        LedgerError: if the lane has no such order, or the note is empty.
    """
    if not words.strip():
        raise LedgerError("The note is empty. Write it down.")
    if not actions.has_order(connection, lane, order_id):
        raise LedgerError(f"Lane {lane} has no such order.")
    note_on_fulfillment_orders(connection, [order_id], NOTE, by, why=shortened(words.strip(), _LONGEST_NOTE))


def _locked(connection: Connection, lane: str, order_id: int, action: OrderAction) -> Row[Any]:
    found = actions.actionable_orders(connection, [lane], [order_id], lock=True)
    if not found:
        raise TransitionRefused(f"Lane {lane} has no such order, or a later generation has replaced it.")
    [row] = found
    if action not in actionable(row).allows():
        raise TransitionRefused(
            f"The order is {row.state.replace('_', ' ')} by now: {action.value} is not possible."
        )
    return row
