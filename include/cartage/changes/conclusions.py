"""Record the result of a decision: what was cancelled, what is resent, and whether the exception closes or reopens.

Every function works in the caller's transaction, and none calls the outside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from cartage.changes.cancelling import CancelAttempt, CancelResult
from cartage.changes.repo import decisions, sent_orders
from cartage.changes.repo.decisions import DueDecision
from cartage.changes.repo.sent_orders import SentGroup, SentOrder
from cartage.changes.rules import CHANGED_BACK, draft_edited, draft_put_back, draft_stopped, group_changes
from cartage.changes.sent_parts import parts_by_group, rest_for
from cartage.intake.order_rows import NewGroup, NewOrder
from cartage.lifecycle.exceptions import (
    ExceptionDraft,
    close_exception,
    reopen_exception,
    withdraw_cancel,
)
from cartage.lifecycle.parts import next_part
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.reference import make_reference
from cartage.model.states import UNSENT, State
from cartage.model.statuses import NAMES, PROCESSING
from cartage.postback.repo.statuses import THERE_ALREADY, note_posted
from cartage.runtime.context import StageContext

# How long a warehouse may take to confirm a cancel before a person is asked to look.
_PATIENCE = timedelta(hours=1)
# Not sent, but still to be.
_WAITING = frozenset({State.IMPORTED, State.BLOCKED, State.HELD, State.READY, State.REJECTED})


def move_cancelled(
    connection: Connection, due: DueDecision, attempts: Sequence[CancelAttempt], by: By
) -> set[int]:
    """Record what is gone; leave what another run has moved meanwhile.

    Return the fulfillment orders that were at the warehouse and are cancelled now.
    """
    gone = [attempt.group for attempt in attempts if attempt.result is CancelResult.GONE]
    acknowledged = [group.id for group in gone if group.state is State.ACKNOWLEDGED]
    moves = [Move(order_id, why="cancelled at the warehouse") for order_id in acknowledged]
    moved = move(connection, moves, State.CANCELLED, by, strict=False)
    if due.decision is Choice.CANCEL:
        why = "cancelled in the store before it was sent"
        unsent = [Move(group.id, why=why) for group in gone if group.state in _WAITING]
        move(connection, unsent, State.SKIPPED, by, strict=False)
    return moved


def resend(
    context: StageContext,
    connection: Connection,
    order: SentOrder,
    new: NewOrder,
    gone: Collection[int],
    *,
    edited: bool,
) -> int:
    """Replace each fulfillment order that is certainly gone by its next generation, with the store's present content.

    A ship-to that the store no longer has stays cancelled; one that is new in the store is sent. Of several parts of a
    ship-to, the first that is gone gets what no other part has. Where none is gone, what was added to an `edited` order
    becomes a further part. The routing rules divide them. Return how many.
    """
    known = parts_by_group(order.groups)
    resent = 0
    for group in new.groups:
        parts = known.get(group.shipment_id, [])
        replaced = [
            part for part in parts if part.id in gone and part.state in (State.CANCELLED, State.SHIPPED)
        ]
        others = [part for part in parts if part not in replaced]
        rest = rest_for(group, others) if others else group
        if replaced and (rest.lines or len(parts) == 1):
            _insert_next_generation(context, connection, order, new, rest, replaced=replaced)
        elif replaced:
            decisions.supersede(connection, [part.id for part in replaced])
        elif rest.lines and (not parts or (edited and _is_fixed(parts))):
            _insert_next_generation(context, connection, order, new, rest, replaced=())
        else:
            continue
        resent += 1
    if resent and _is_processed(context, order):
        note_posted(connection, [order.id], PROCESSING, context.by, THERE_ALREADY)
    return resent


def _is_processed(context: StageContext, order: SentOrder) -> bool:
    """Return whether the store shows a status after the import status that this ledger does not know to be its own.

    A restored ledger has forgotten that it wrote it. Nothing would be sent: what leaves the import status is withdrawn.
    """
    statuses = context.statuses
    return (
        order.posted_status is None
        and order.status_id != statuses.import_status
        and not statuses.set_by_person(order.status_id)
    )


def _is_fixed(parts: Sequence[SentGroup]) -> bool:
    """Return whether no part of several can have what was added to the order: an unsent one follows the store."""
    return len(parts) > 1 and not any(part.state in UNSENT for part in parts)


def _insert_next_generation(
    context: StageContext,
    connection: Connection,
    order: SentOrder,
    new: NewOrder,
    group: NewGroup,
    *,
    replaced: Sequence[SentGroup],
) -> None:
    """Insert it in the place of the first of the parts that it replaces; without any, as a further part."""
    ids = order.store_id, order.order_id, group.shipment_id
    part = replaced[0].part if replaced else next_part(connection, *ids)
    generation = decisions.next_generation(connection, *ids, part)
    reference = make_reference(context.store_row.code, *ids[1:], generation, part)
    only = replace(new, groups=(replace(group, generation=generation, reference=reference, part=part),))
    decisions.insert_next_generation(
        connection,
        order.store_id,
        context.lane.name,
        context.by,
        order.id,
        only,
        old=replaced[0].id if replaced else None,
    )
    decisions.supersede(connection, [each.id for each in replaced[1:]])


def conclude(
    context: StageContext,
    connection: Connection,
    due: DueDecision,
    order: SentOrder,
    new: NewOrder,
    attempts: Sequence[CancelAttempt],
) -> bool:
    """Close the exception, leave it to the next run, or reopen it; return whether it was reopened."""
    failed = [attempt for attempt in attempts if attempt.result is CancelResult.IMPOSSIBLE]
    if due.age > _PATIENCE:
        failed += [attempt for attempt in attempts if attempt.result is CancelResult.PENDING]
    if failed:
        draft = _draft_again(context, due, order, new)
        why = "; ".join(
            f"{attempt.group.known_as} (number {attempt.group.remote_id}): {attempt.why}"
            for attempt in failed
        )
        message = f"{draft.message}. INTERCEPT it at the warehouse, {why}"
        reopen_exception(connection, due.id, replace(draft, message=message), context.by)
        return True
    if all(attempt.result is CancelResult.GONE for attempt in attempts):
        _close(context, connection, due, order, new, attempts)
    return False


def _draft_again(context: StageContext, due: DueDecision, order: SentOrder, new: NewOrder) -> ExceptionDraft:
    status_name = context.statuses.name(order.status_id)
    if due.kind is ExceptionKind.EDITED_AFTER_TRANSFER:
        return draft_edited(order, new, group_changes(order, new))
    if due.kind is ExceptionKind.PUT_BACK:
        return draft_put_back(order, status_name)
    return draft_stopped(order, due.kind, status_name)


def _close(
    context: StageContext,
    connection: Connection,
    due: DueDecision,
    order: SentOrder,
    new: NewOrder,
    attempts: Sequence[CancelAttempt],
) -> None:
    """Close the exception with what happened."""
    if due.decision is Choice.CANCEL:
        withdraw_cancel(connection, order.id)
        at_warehouse = any(attempt.group.state not in UNSENT for attempt in attempts)
        reason = "cancelled at the warehouse" if at_warehouse else "it was not sent"
        close_exception(connection, due.id, reason, context.by)
        return
    left = group_changes(order, new)
    if not left:
        sent_orders.count_copy_as_sent(connection, order.id)
    if due.kind is ExceptionKind.PUT_BACK:
        posted = _posted_status(context, order.status_id)
        decisions.reset_posted(connection, order.id, posted)
    if decisions.was_resent(connection, due.id):
        reason = "resent"
    elif any(attempt.group.state not in UNSENT for attempt in attempts):
        reason = "cancelled at the warehouse; the store no longer has what was sent"
    else:
        reason = (
            "nothing was left to resend"
            if left or due.kind is not ExceptionKind.EDITED_AFTER_TRANSFER
            else CHANGED_BACK
        )
    close_exception(connection, due.id, reason, context.by)


def _posted_status(context: StageContext, status_id: int) -> int | None:
    """Return the status that counts as posted because the store's order has it already; None if it has none of ours."""
    return next((posted for posted in NAMES if context.statuses.of(posted) == status_id), None)
