"""Operator actions on many orders at once: what each order allows, and the action on those that allow it.

The rules and the events are those of an action on a single order. An order that does not allow the action stays as it
is, and is counted with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row

from cartage.db.engine import database_time
from cartage.errors import TransitionRefused
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.orders import RoutingChoice
from cartage.model.skip_reasons import by_hand
from cartage.model.states import State
from cartage.operations import order_actions, routing_choices
from cartage.operations.bulk_results import BulkResult, stays
from cartage.operations.order_actions import OrderAction, actionable
from cartage.operations.repo import actions
from cartage.validation.hold_rules import HoldSource, NewHold
from cartage.validation.repo import holds

if TYPE_CHECKING:
    from cartage.lanes import Lane


class BulkAction(StrEnum):
    """An action that is offered for many orders."""

    RETRY = "retry"
    RELEASE = "release"
    HOLD = "hold"
    SKIP = "skip"
    WAIT = "wait"
    SPLIT = "split"
    BACKORDER = "backorder"

    @property
    def choice(self) -> RoutingChoice | None:
        """How an order goes on that no warehouse has in full; None if the action is another one."""
        return routing_choices.NAMES.get(self.value)

    @property
    def meaning(self) -> str:
        """What it does, as a sentence."""
        if self.choice is None:
            return order_actions.MEANINGS[OrderAction(self.value)]
        meaning = routing_choices.MEANINGS[self.choice]
        return f"If no warehouse has all of an order: {meaning}. The next run decides by it."


MOST_AT_ONCE = 2_000
"""How many orders one request acts on; a page has no more time."""

NEEDS_REASON = frozenset({BulkAction.HOLD, BulkAction.SKIP})


def offered_actions(lanes: Sequence[Lane]) -> list[BulkAction]:
    """Return the actions that orders of these lanes can allow."""
    several = any(lane.warehouses for lane in lanes)
    return [action for action in BulkAction if several or action.choice is None]


def preview_action(
    connection: Connection, lanes: Sequence[Lane], ids: Collection[int], action: BulkAction
) -> BulkResult:
    """Return what the action would do to these orders, as they are now. Change nothing."""
    if action.choice is not None:
        return routing_choices.preview_choice(connection, lanes, ids, action.choice)
    names = [lane.name for lane in lanes]
    return _divided(actions.actionable_orders(connection, names, ids), ids, OrderAction(action.value))


def act_on_orders(
    connection: Connection,
    lane: Lane,
    ids: Collection[int],
    action: BulkAction,
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
    if action.choice is not None:
        return routing_choices.choose_for_orders(connection, lane, ids, action.choice, by)
    wanted = OrderAction(action.value)
    result = _divided(actions.actionable_orders(connection, [lane.name], ids, lock=True), ids, wanted)
    if result.moved:
        _carry_out(connection, lane.name, result.moved, wanted, by, reason, lasting)
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
    left = {row.id: stays(State(row.state)) for row in rows if row.id not in chosen}
    return BulkResult(tuple(moved), left, len(set(ids)) - len(rows))
