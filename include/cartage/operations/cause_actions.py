"""What a person does to all orders that a cause blocks, at once. Each move is an event with that person's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection, text

from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import by_hand
from cartage.model.states import State
from cartage.validation.hold_rules import HoldSource, NewHold
from cartage.validation.repo import holds

_BATCH = 500

_BLOCKED = text(
    """
    SELECT id FROM fulfillment_order
    WHERE lane = :lane AND state = 'blocked' AND cause_ids @> ARRAY[CAST(:cause_id AS bigint)]
      AND superseded_at IS NULL AND id > :after
    ORDER BY id LIMIT :size FOR UPDATE
    """
)


def skip_orders(connection: Connection, lane: str, cause_id: int, reason: str, by: By) -> int:
    """Take out every order that the cause blocks, until a person brings it back; returns how many."""
    moved = 0
    for ids in _batches(connection, lane, cause_id):
        why = by_hand(by.actor, reason)
        moved += len(move(connection, [Move(number, why=why) for number in ids], State.SKIPPED, by))
    return moved


def hold_orders(
    connection: Connection, lane: str, cause_id: int, reason: str, lasting: timedelta, by: By
) -> int:
    """Hold every order that the cause blocks, with `by` as the owner; returns how many."""
    until = connection.execute(text("SELECT clock_timestamp()")).scalar_one() + lasting
    wish = NewHold(HoldSource.PERSON, reason, by.actor, until)
    moved = 0
    for ids in _batches(connection, lane, cause_id):
        holds.place_holds(connection, lane, {number: [wish] for number in ids}, by)
        every = holds.holds_of_orders(connection, ids)
        moves = [Move(number, why=every[number].reason, held_until=every[number].until) for number in ids]
        moved += len(move(connection, moves, State.HELD, by))
    return moved


def _batches(connection: Connection, lane: str, cause_id: int) -> Iterator[list[int]]:
    after = 0
    query = {"lane": lane, "cause_id": cause_id, "size": _BATCH}
    while ids := [row.id for row in connection.execute(_BLOCKED, {**query, "after": after})]:
        yield ids
        after = ids[-1]
