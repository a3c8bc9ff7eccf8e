"""Operator actions on many orders at once: what each order allows, and the action on those that allow it.

The rules and the events are those of an action on a single order. An order that does not allow the action stays as it
is, and is counted with its state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from cartage.db.engine import database_time
from cartage.errors import TransitionRefused
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import by_hand
from cartage.model.states import State
from cartage.operations.order_actions import OrderAction, actionable
from cartage.operations.repo import actions
from cartage.validation.hold_rules import HoldSource, NewHold
from cartage.validation.repo import holds

BULK_ACTIONS = (OrderAction.RETRY, OrderAction.RELEASE, OrderAction.HOLD, OrderAction.SKIP)
"""The actions that are offered for many orders."""

MOST_AT_ONCE = 2_000
"""How many orders one request acts on; a page has no more time."""

NEEDS_REASON = frozenset({OrderAction.HOLD, OrderAction.SKIP})


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What an action did, or would do: the orders that it moves, and how many it leaves, by their state.

    `gone` are orders that the lanes do not have, or that a later generation replaced.
    """

    moved: tuple[int, ...] = ()
    left: Mapping[State, int] = field(default_factory=dict)
    gone: int = 0

    def __add__(self, other: BulkResult) -> BulkResult:
        """Return both together."""
        left = Counter(self.left) + Counter(other.left)
        return BulkResult((*self.moved, *other.moved), left, self.gone + other.gone)


def preview_action(
    connection: Connection, lanes: Sequence[str], ids: Collection[int], action: OrderAction
) -> BulkResult:
    """Return what the action would do to these orders, as they are now. Change nothing."""
    return _divided(actions.actionable_orders(connection, lanes, ids), ids, action)


def act_on_orders(
    connection: Connection,
    lane: str,
    ids: Collection[int],
    action: OrderAction,
    by: By,
    *,
    reason: str = "",
    lasting: timedelta = timedelta(days=1),
) -> BulkResult:
    """Carry out the action on those of the lane's orders that allow it.

    Raises:
        TransitionRefused: if the action needs a reason and none is given.
    """
    reason = reason.strip()
    if action in NEEDS_REASON and not reason:
        raise TransitionRefused(f"To {action.value} orders needs a reason. Write it down.")
    result = _divided(actions.actionable_orders(connection, [lane], ids, lock=True), ids, action)
    if result.moved:
        _carry_out(connection, lane, result.moved, action, by, reason, lasting)
    return result


def _carry_out(
    connection: Connection,
    lane: str,
    ids: Sequence[int],
    action: OrderAction,
    by: By,
    reason: str,
    lasting: timedelta,
) -> None:
    match action:
        case OrderAction.RETRY:
            move(connection, [Move(order_id, why="retried by hand") for order_id in ids], State.IMPORTED, by)
        case OrderAction.RELEASE:
            holds.release_holds(connection, lane, by, ids=actions.open_hold_ids(connection, ids))
        case OrderAction.SKIP:
            why = by_hand(by.actor, reason)
            move(connection, [Move(order_id, why=why) for order_id in ids], State.SKIPPED, by)
        case OrderAction.HOLD:
            hold_orders(connection, lane, ids, reason, lasting, by)
        case _:
            raise TransitionRefused(f"{action.value} is an action on a single order.")


def hold_orders(
    connection: Connection, lane: str, ids: Sequence[int], reason: str, lasting: timedelta, by: By
) -> int:
    """Hold these orders, which must allow it, with `by` as the owner; return how many."""
    wish = NewHold(HoldSource.PERSON, reason, by.actor, database_time(connection) + lasting)
    holds.place_holds(connection, lane, {order_id: [wish] for order_id in ids}, by)
    every = holds.holds_of_orders(connection, ids)
    moves = [Move(order_id, why=every[order_id].reason, held_until=every[order_id].until) for order_id in ids]
    return len(move(connection, moves, State.HELD, by))


def _divided(rows: Sequence[Row[Any]], ids: Collection[int], action: OrderAction) -> BulkResult:
    moved = [row.id for row in rows if action in actionable(row).allows()]
    chosen = set(moved)
    left = Counter(State(row.state) for row in rows if row.id not in chosen)
    return BulkResult(tuple(moved), left, len(set(ids)) - len(rows))
