"""The end of an answer: what was stopped is recorded and sent anew, the question is closed or put to a person again.

Everything here happens in the caller's transaction, and nothing calls the outside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from cartage.changes.cancelling import CancelAttempt, CancelResult
from cartage.changes.repo import decisions
from cartage.changes.repo import sent_orders as changes
from cartage.changes.repo.decisions import DueDecision
from cartage.changes.repo.sent_orders import SentOrder
from cartage.changes.rules import edit_question, group_changes, put_back_question, stopped_question
from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.lifecycle import exceptions
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.reference import make_reference
from cartage.model.states import State
from cartage.model.statuses import NAMES
from cartage.runtime.context import StageContext

# How long a warehouse may take to confirm a cancel before a person is asked to look.
_PATIENCE = timedelta(hours=1)
# Not sent, and not out of it yet.
_WAITING = frozenset({State.IMPORTED, State.BLOCKED, State.HELD, State.READY, State.REJECTED})


def move_stopped(
    connection: Connection, due: DueDecision, stopped: Sequence[CancelAttempt], by: By
) -> set[int]:
    """Record what is gone; what another run moved meanwhile stays where that put it.

    Returns the fulfillment orders that are cancelled now and were at the warehouse before.
    """
    gone = [one.group for one in stopped if one.stop is CancelResult.GONE]
    there = [one.id for one in gone if one.state is State.ACKNOWLEDGED]
    moves = [Move(one, why="cancelled at the warehouse") for one in there]
    moved = move(connection, moves, State.CANCELLED, by, strict=False)
    if due.decision is Choice.CANCEL:
        why = "cancelled in the store before it was sent"
        unsent = [Move(one.id, why=why) for one in gone if one.state in _WAITING]
        move(connection, unsent, State.SKIPPED, by, strict=False)
    return moved


def resend(
    context: StageContext, connection: Connection, order: SentOrder, new: NewOrder, gone: Collection[int]
) -> int:
    """Put the store's present version, in the next generation, in the place of each part that is surely gone.

    A ship-to that the store has no longer stays cancelled; one that is new in the store is sent. Returns how many.
    """
    there = {group.shipment_id: group for group in order.groups}
    sent = 0
    for group in new.groups:
        old = there.get(group.shipment_id)
        if old is None and group.lines:
            _insert(context, connection, order, new, group, old=None)
        elif old is not None and old.id in gone and old.state in (State.CANCELLED, State.SHIPPED):
            _insert(context, connection, order, new, group, old=old.id)
        else:
            continue
        sent += 1
    return sent


def _insert(
    context: StageContext,
    connection: Connection,
    order: SentOrder,
    new: NewOrder,
    group: NewGroup,
    *,
    old: int | None,
) -> None:
    generation = decisions.next_generation(connection, order.store_id, order.order_id, group.shipment_id)
    reference = make_reference(context.store_row.code, order.order_id, group.shipment_id, generation)
    next_one = replace(new, groups=(replace(group, generation=generation, reference=reference),))
    decisions.insert_next_generation(
        connection, order.store_id, context.lane.name, context.by, order.id, next_one, old=old
    )


def conclude(
    context: StageContext,
    connection: Connection,
    due: DueDecision,
    order: SentOrder,
    new: NewOrder,
    stopped: Sequence[CancelAttempt],
) -> bool:
    """Close the question, leave it to the next run, or put it to a person again; returns whether it did the last."""
    failed = [one for one in stopped if one.stop is CancelResult.LATE]
    if due.age > _PATIENCE:
        failed += [one for one in stopped if one.stop is CancelResult.WAIT]
    if failed:
        question = _question(context, due, order, new)
        why = "; ".join(f"{one.group.known_as} (number {one.group.remote_id}): {one.why}" for one in failed)
        message = f"{question.message}. INTERCEPT it at the warehouse, {why}"
        exceptions.reopen_exception(connection, due.id, replace(question, message=message), context.by)
        return True
    if all(one.stop is CancelResult.GONE for one in stopped):
        _close(context, connection, due, order, new)
    return False


def _question(context: StageContext, due: DueDecision, order: SentOrder, new: NewOrder) -> ExceptionDraft:
    status_name = context.statuses.name(order.status_id)
    if due.kind is ExceptionKind.EDITED_AFTER_TRANSFER:
        return edit_question(order, new, group_changes(order, new))
    if due.kind is ExceptionKind.PUT_BACK:
        return put_back_question(order, status_name)
    return stopped_question(order, due.kind, status_name)


def _close(
    context: StageContext, connection: Connection, due: DueDecision, order: SentOrder, new: NewOrder
) -> None:
    if due.decision is Choice.CANCEL:
        exceptions.withdraw_cancel(connection, order.id)
        exceptions.close_exception(connection, due.id, "cancelled at the warehouse", context.by)
        return
    if not group_changes(order, new):
        changes.in_effect(connection, order.id)
    if due.kind is ExceptionKind.PUT_BACK:
        decisions.reset_posted(connection, order.id, _told_by(context, order.status_id))
    exceptions.close_exception(connection, due.id, "sent anew", context.by)


def _told_by(context: StageContext, status_id: int) -> int | None:
    """What the store counts as told by having this status."""
    return next((posted for posted in NAMES if context.statuses.of(posted) == status_id), None)
