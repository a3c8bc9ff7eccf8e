"""Operator actions on all orders that a cause blocks. Each move is an event with the person's name."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from cartage.lifecycle.transitions import By, Move, move
from cartage.model.skip_reasons import by_hand
from cartage.model.states import State
from cartage.operations.bulk_actions import hold_orders
from cartage.operations.repo.actions import blocked_batches


def skip_orders_of_cause(connection: Connection, lane: str, cause_id: int, reason: str, by: By) -> int:
    """Skip every order that the cause blocks, until a person brings it back; return how many."""
    moved = 0
    for ids in blocked_batches(connection, lane, cause_id):
        why = by_hand(by.actor, reason)
        moved += len(move(connection, [Move(order_id, why=why) for order_id in ids], State.SKIPPED, by))
    return moved


def hold_orders_of_cause(
    connection: Connection, lane: str, cause_id: int, reason: str, lasting: timedelta, by: By
) -> int:
    """Hold every order that the cause blocks, with `by` as the owner; return how many."""
    return sum(
        hold_orders(connection, lane, ids, reason, lasting, by)
        for ids in blocked_batches(connection, lane, cause_id)
    )
