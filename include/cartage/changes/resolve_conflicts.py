"""Carries out what a person answered about an order on which ledger and warehouse disagree.

The warehouse is asked once more before anything is done: an answer may be hours old. What no longer fits is asked anew.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from typing import Any

from sqlalchemy import Connection, Row

from cartage.changes.repo import conflicts, decisions
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.order_rows import single_group
from cartage.lifecycle import claims, exceptions
from cartage.lifecycle import quarantine as doubt
from cartage.lifecycle.exceptions import ExceptionDraft
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.documents import sales_order_from
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.reference import make_reference
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable
from cartage.warehouses.contract import RemoteOrder, RemoteState

log = logging.getLogger(__name__)


def resolve_conflicts(context: StageContext, counts: Counter[str]) -> None:
    """Carry out every answer about a conflict of the lane; close questions whose order is in conflict no more.

    Raises:
        RemoteError: if the warehouse cannot be asked; the answer is carried out by a later run.
    """
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    with context.ledger.begin() as connection:
        conflicts.close_resolved(connection, context.lane.name, context.by)
        due = conflicts.decided(connection, context.lane.name)
    try:
        for row in due:
            if context.stop.is_set():
                return
            if _claimed(context, row, owner):
                _carry_out(context, row, counts)
    finally:
        if due:
            with context.ledger.begin() as connection:
                claims.release_claims(connection, owner=owner)


def _claimed(context: StageContext, row: Row[Any], owner: str) -> bool:
    lease = context.lane.limits.lease + context.warehouse.capabilities.longest_request
    with context.ledger.begin() as connection:
        ids = [row.sales_order_id]
        return bool(claims.claim_orders(connection, ids, owner=owner, lease=lease))


def _carry_out(context: StageContext, row: Row[Any], counts: Counter[str]) -> None:
    asked_at = context.ledger.now()
    found = context.warehouse.find(row.reference)
    live = [order for order in found if order.state is not RemoteState.CANCELLED]
    with context.ledger.begin() as connection:
        if not decisions.still_open(connection, row.exception_id):
            return
        if not doubt.lock_orders(connection, [row.id], {State.CONFLICT}):
            return
        problem = _act(context, connection, row, found, live)
        if problem:
            exceptions.reopen_exception(connection, row.exception_id, _again(row, found, problem), context.by)
            counts["exceptions"] += 1
            return
        if not found:
            doubt.note_absent(connection, [row.id], asked_at)
        exceptions.close_exception(
            connection, row.exception_id, f"{row.decision}: {row.decided_by}", context.by
        )
    counts["resolved"] += 1


def _act(
    context: StageContext,
    connection: Connection,
    row: Row[Any],
    found: list[RemoteOrder],
    live: list[RemoteOrder],
) -> str:
    """Do what was answered; returns why that is not possible, or nothing."""
    by, why = context.by, f"{row.decided_by} decided: {row.decision}"
    match Choice(row.decision):
        case Choice.ACCEPT if live:
            first = min(live, key=lambda order: len(order.reference))
            there = Move(row.id, why=why, remote_id=first.remote_id, remote_etag=first.etag)
            move(connection, [there], State.ACKNOWLEDGED, by)
        case Choice.ACCEPT:
            return "the warehouse has nothing open or shipped under this reference"
        case Choice.SEND if found:
            return "the warehouse has an order under this reference by now"
        case Choice.SEND:
            move(connection, [Move(row.id, why=why)], State.READY, by)
        case Choice.RESEND if live or not found:
            return "what the warehouse has under this reference is not cancelled: have it cancelled there, then answer"
        case Choice.RESEND:
            return _send_anew(context, connection, row, why, by)
        case _:
            move(connection, [Move(row.id, why=why)], State.CANCELLED, by)
    return ""


def _send_anew(context: StageContext, connection: Connection, row: Row[Any], why: str, by: By) -> str:
    """The next generation, with the store's present content; validated and sent as any other."""
    new = LaneIntake.of(context).new_order(
        sales_order_from(doubt.document_of(connection, row.sales_order_id))
    )
    if isinstance(new, Unreadable):
        return f"its present copy cannot be sent ({new.what})"
    store = context.store_row
    generation = decisions.next_generation(connection, store.id, row.order_id, row.shipment_id)
    reference = make_reference(store.code, row.order_id, row.shipment_id, generation)
    only = single_group(new, row.shipment_id, generation, reference)
    if only is None:
        return "the store has this ship-to no longer"
    move(connection, [Move(row.id, why=why)], State.CANCELLED, by)
    decisions.insert_next_generation(
        connection, store.id, context.lane.name, by, row.sales_order_id, only, old=row.id
    )
    return ""


def _again(row: Row[Any], found: list[RemoteOrder], problem: str) -> ExceptionDraft:
    numbers = ", ".join(sorted(order.remote_id for order in found))
    message = f"{row.reference}: {row.decision} was not possible: {problem}"
    kind = ExceptionKind(row.kind)
    return ExceptionDraft(row.sales_order_id, kind, message, numbers, fulfillment_order_id=row.id)
