"""A person chooses how orders go on that no warehouse has in full: wait, split, or backorder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from cartage.errors import TransitionRefused
from cartage.lifecycle.events import note_on_fulfillment_orders
from cartage.lifecycle.transitions import By
from cartage.model.orders import RoutingChoice
from cartage.model.states import State
from cartage.operations.bulk_results import BulkResult, Left, stays
from cartage.routing.repo import choices

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from cartage.lanes import Lane

CHOSEN = "routing_chosen"
"""The kind of the event that is such a choice."""

MEANINGS = {
    RoutingChoice.WAIT: "wait until one warehouse, or several by their rule, have all of it",
    RoutingChoice.SPLIT: "send what the warehouses have now; the rest waits",
    RoutingChoice.BACKORDER: "let the rule's first warehouse have what none has; it sends it later",
}
NAMES = {choice.name.lower(): choice for choice in RoutingChoice}
"""The choices by the names that people use: wait, split, backorder."""

_BATCH = 200
_ONE_WAREHOUSE = Left("is of a lane with one warehouse", "are of lanes with one warehouse")
_CHOSEN_ALREADY = Left("has this choice already", "have this choice already")


def choose_routing(connection: Connection, lane: Lane, order_id: int, choice: RoutingChoice, by: By) -> None:
    """Keep a person's choice for a fulfillment order and the other unsent parts of its ship-to.

    The next run decides by it. It counts only for lines that no rule could place.

    Raises:
        TransitionRefused: if the lane has one warehouse, nothing of the order is unsent, or it has this choice already.
    """
    result = choose_for_orders(connection, lane, [order_id], choice, by)
    if not result.moved:
        why = result.left.get(order_id)
        words = why.one if why else "is not there, or was replaced by a later one"
        raise TransitionRefused(f"Nothing was changed: the order {words}.")


def preview_choice(
    connection: Connection, lanes: Sequence[Lane], ids: Collection[int], choice: RoutingChoice
) -> BulkResult:
    """Return which of these orders would take the choice, as they are now. Change nothing."""
    rows = choices.choice_standing(connection, [lane.name for lane in lanes], ids, choice)
    return _divided(rows, ids, frozenset(lane.name for lane in lanes if lane.warehouses))


def choose_for_orders(
    connection: Connection, lane: Lane, ids: Collection[int], choice: RoutingChoice, by: By
) -> BulkResult:
    """Keep a person's choice for those of a lane's orders that can take it, as `choose_routing` does for one.

    An order that cannot take it stays as it is, and keeps no other one from taking it.
    """
    rows = choices.choice_standing(connection, [lane.name], ids, choice, lock=True)
    result = _divided(rows, ids, frozenset({lane.name} if lane.warehouses else ()))
    if result.moved:
        changed = choices.write_choice(connection, lane.name, result.moved, choice)
        note_on_fulfillment_orders(connection, sorted(changed), CHOSEN, by, why=MEANINGS[choice])
    return result


def waiting_batches(connection: Connection, lane: str, cause_id: int | None = None) -> list[list[int]]:
    """Return the orders of a lane that wait because no warehouse has them, some hundred at a time.

    With `cause_id`, return those that wait for this cause.
    """
    ids = choices.waiting_orders(connection, lane, cause_id)
    return [ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH)]


def _divided(rows: Sequence[Row[Any]], ids: Collection[int], several: frozenset[str]) -> BulkResult:
    left = {row.id: why for row in rows if (why := _why_left(row, several))}
    moved = tuple(row.id for row in rows if row.id not in left)
    return BulkResult(moved, left, len(set(ids)) - len(rows))


def _why_left(row: Row[Any], several: frozenset[str]) -> Left | None:
    """Return why an order does not take a choice; None if it does."""
    if row.lane not in several:
        return _ONE_WAREHOUSE
    if row.changes is None:
        return stays(State(row.state))
    return None if row.changes else _CHOSEN_ALREADY
