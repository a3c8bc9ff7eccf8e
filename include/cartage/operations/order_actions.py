"""What a person may do to single orders: retry, restart, hold, release, skip. Each is an event with the person's name.

All of it is for orders that are not at the warehouse, so that none of it can send an order twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, text

from cartage.errors import TransitionRefused
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import LEFT_TO_OLD_SYSTEM, by_hand, is_by_hand
from cartage.model.states import UNSENT, State
from cartage.validation.repo import holds


class OrderAction(StrEnum):
    """What may be done to an order by hand."""

    RETRY = "retry"
    RESTART = "restart"
    RELEASE = "release"
    HOLD = "hold"
    SKIP = "skip"


MEANINGS = {
    OrderAction.RETRY: "Check the copy that the ledger has once more, and go on with it. Right after something outside "
    "of the order was mended: an item, a mapping, the warehouse's refusal.",
    OrderAction.RESTART: "Throw the ledger's copy away: the store's order is read anew, by the lane's present rules, "
    "and starts from the beginning. Right after the order itself was corrected in the store.",
    OrderAction.RELEASE: "End all of its holds: it goes on with the next run, and no rule holds it again for the "
    "same reason.",
    OrderAction.HOLD: "Keep it from being sent for some days. It goes on by itself after them, or when somebody "
    "releases it.",
    OrderAction.SKIP: "Do not ship it. It stays skipped, whatever the store lists, until somebody retries or "
    "restarts it.",
}

_RETRIED = frozenset({State.BLOCKED, State.REJECTED})
_RESTARTED = UNSENT - {State.HELD}
_HELD = frozenset({State.IMPORTED, State.BLOCKED, State.READY})
_SKIPPED = UNSENT - {State.SKIPPED}

_ORDER = text(
    """
    SELECT f.id, f.sales_order_id, f.state, f.reason, f.reference,
           EXISTS (SELECT FROM transfer t WHERE t.fulfillment_order_id = f.id AND t.sent_at IS NOT NULL) AS was_sent,
           EXISTS (SELECT FROM fulfillment_order o WHERE o.sales_order_id = f.sales_order_id
                   AND o.state <> ALL(CAST(:unsent AS text[]))) AS partly_sent
    FROM fulfillment_order f
    WHERE f.id = :id AND f.lane = :lane AND f.superseded_at IS NULL FOR UPDATE
    """
)

# The next reading finds it changed, and replaces it; what is ready meanwhile is too old to be sent unread.
_FORGET_COPY = text(
    "UPDATE sales_order SET content_hash = '', read_at = to_timestamp(0) WHERE id = :id AND left_at IS NULL"
)

_HOLDS = text("SELECT id FROM hold WHERE fulfillment_order_id = :id AND released_at IS NULL")

_TELL = text(
    """
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why)
    SELECT lane, sales_order_id, id, 'restarted', :actor, :run_id, :why FROM fulfillment_order WHERE id = :id
    """
)


@dataclass(frozen=True, slots=True)
class ActionableOrder:
    """What decides which deeds an order allows.

    `was_sent`: a request for it has left, whatever came of it. `partly_sent`: another part of the sales order is at the
    warehouse, or was; its copy is then evidence of what was sent.
    """

    state: State
    reason: str
    was_sent: bool
    partly_sent: bool

    def allows(self) -> tuple[OrderAction, ...]:
        """The deeds that are possible now."""
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
        # One whose conflict is about the warehouse needs another answer than silence.
        return self.state in _SKIPPED or (self.state is State.CONFLICT and not self.was_sent)


def retry(connection: Connection, lane: str, order_id: int, by: By) -> None:
    """Have the next run judge the ledger's copy of an order anew.

    Raises:
        TransitionRefused: if the order is not one that this is possible for now.
    """
    row = _locked(connection, lane, order_id, OrderAction.RETRY)
    move(connection, [Move(row.id, why="tried again by hand")], State.IMPORTED, by)


def restart(connection: Connection, lane: str, order_id: int, by: By) -> None:
    """Have the store's order read anew before anything else becomes of it.

    What the lane's rules skipped stays skipped until that reading; whether they still do is decided then.

    Raises:
        TransitionRefused: if the order is not one that this is possible for now.
    """
    row = _locked(connection, lane, order_id, OrderAction.RESTART)
    connection.execute(_FORGET_COPY, {"id": row.sales_order_id})
    why = "restarted by hand: to be read anew"
    if row.state == State.SKIPPED and not is_by_hand(row.reason):
        connection.execute(_TELL, {"id": row.id, "actor": by.actor, "run_id": by.run_id, "why": why})
    else:
        move(connection, [Move(row.id, why=why)], State.IMPORTED, by)


def hold(connection: Connection, lane: str, order_id: int, reason: str, lasting: timedelta, by: By) -> None:
    """Keep an order from being sent for a time; its owner is the person who held it.

    Raises:
        TransitionRefused: if the order is not one that this is possible for now, or no reason is given.
    """
    if not reason.strip():
        raise TransitionRefused("An order is held for a reason; write it down.")
    row = _locked(connection, lane, order_id, OrderAction.HOLD)
    holds.hold_order(
        connection, lane, row.reference, reason=reason.strip(), owner=by.actor, lasting=lasting, by=by
    )


def release_order(connection: Connection, lane: str, order_id: int, by: By) -> None:
    """End every hold of an order.

    Raises:
        TransitionRefused: if it is not held now.
    """
    row = _locked(connection, lane, order_id, OrderAction.RELEASE)
    ids = [one.id for one in connection.execute(_HOLDS, {"id": row.id})]
    holds.release_holds(connection, lane, by, ids=ids)


def skip(connection: Connection, lane: str, order_id: int, reason: str, by: By) -> None:
    """Take an order out until a person brings it back.

    Raises:
        TransitionRefused: if the order is not one that this is possible for now, or no reason is given.
    """
    if not reason.strip():
        raise TransitionRefused("An order is skipped for a reason; write it down.")
    row = _locked(connection, lane, order_id, OrderAction.SKIP)
    move(connection, [Move(row.id, why=by_hand(by.actor, reason.strip()))], State.SKIPPED, by)


def _locked(connection: Connection, lane: str, order_id: int, action: OrderAction) -> Row[Any]:
    query = {"id": order_id, "lane": lane, "unsent": sorted(UNSENT)}
    row = connection.execute(_ORDER, query).one_or_none()
    if row is None:
        raise TransitionRefused(f"Lane {lane} has no such order, or a later generation has taken over.")
    standing = ActionableOrder(State(row.state), row.reason, row.was_sent, row.partly_sent)
    if action not in standing.allows():
        raise TransitionRefused(
            f"The order is {row.state.replace('_', ' ')} by now: to {action.value} it is not possible."
        )
    return row
