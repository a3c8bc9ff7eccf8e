"""Carry out decisions about orders on which ledger and warehouse disagree.

A decision may be hours old, so the warehouse is asked once more before anything is done. A decision that no longer
fits reopens the exception.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from cartage.changes.repo import decisions
from cartage.errors import MalformedResponse
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.parts_of_groups import single_group
from cartage.lifecycle import claims
from cartage.lifecycle.exceptions import ExceptionDraft, close_exception, reopen_exception
from cartage.lifecycle.quarantine import note_absent
from cartage.lifecycle.transitions import By, Move, move
from cartage.model.documents import sales_order_from
from cartage.model.exceptions import Choice, ExceptionKind
from cartage.model.reference import make_reference
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.storefront import Unreadable
from cartage.warehouses.contract import Reconcile, RemoteOrder, RemoteState

log = logging.getLogger(__name__)


def resolve_conflicts(context: StageContext, counts: Counter[str]) -> None:
    """Carry out every decision about a conflict; close exceptions whose order is in conflict no more.

    Counts resolved conflicts, and exceptions that a person must decide again.

    Raises:
        RemoteError: if the warehouse cannot be reached; a later run carries out the decisions that are left.
    """
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    with context.ledger.begin() as connection:
        decisions.close_resolved_conflicts(connection, context.lane.name, context.by)
        due = decisions.decided_conflicts(connection, context.lane.name, warehouses=context.concerns)
    try:
        for row in due:
            if context.stop.is_set():
                return
            if _claim(context, row, owner):
                try:
                    _resolve(context, row, counts)
                except MalformedResponse as failure:
                    # What the warehouse reports of this order cannot be read: its decision waits, others do not.
                    log.warning("order %s: %s", row.reference, failure)
    finally:
        if due:
            with context.ledger.begin() as connection:
                claims.release_claims(connection, owner=owner)


def _claim(context: StageContext, row: Row[Any], owner: str) -> bool:
    lease = context.lane.limits.lease + context.warehouse.capabilities.longest_request
    with context.ledger.begin() as connection:
        ids = [row.sales_order_id]
        return bool(claims.claim_orders(connection, ids, owner=owner, lease=lease))


def _resolve(context: StageContext, row: Row[Any], counts: Counter[str]) -> None:
    intake = LaneIntake.of(context) if row.decision == Choice.RESEND else None
    asked_at = context.ledger.now()
    found = context.warehouse.find(row.reference)
    with context.ledger.begin() as connection:
        # What a resend gets depends on the other parts of the order: no import may change them meanwhile.
        claims.lock_sales_orders(connection, [row.sales_order_id])
        if not decisions.still_open(connection, row.exception_id):
            return
        if not claims.lock_orders(connection, [row.id], {State.CONFLICT}):
            return
        problem = _carry_out(context, connection, row, found, intake)
        if problem:
            draft = _draft_again(row, found, problem)
            reopen_exception(connection, row.exception_id, draft, context.by)
            counts["exceptions"] += 1
            return
        if not found:
            note_absent(connection, [row.id], asked_at)
        # A warehouse that repeats a rejection which a person has dealt with opens no other exception.
        ended = row.decision != Choice.HANDLED
        reason = f"{row.decision}: {row.decided_by}"
        close_exception(connection, row.exception_id, reason, context.by, ended=ended)
    counts["resolved"] += 1


def _carry_out(
    context: StageContext,
    connection: Connection,
    row: Row[Any],
    found: Sequence[RemoteOrder],
    intake: LaneIntake | None,
) -> str:
    """Do what was decided; return why that is not possible, or an empty text. Resending needs the intake."""
    by, why = context.by, f"{row.decided_by} decided: {row.decision}"
    live = [order for order in found if order.state is not RemoteState.CANCELLED]
    # A file target shows nothing that it has taken: the person has asked the people there.
    shows_files = context.warehouse.capabilities.reconcile is Reconcile.EVIDENCE
    person_knows = not found and shows_files
    rejected = row.kind == ExceptionKind.REJECTED_BY_WAREHOUSE
    # A file that it keeps proves that an order was sent, and not that it is still open.
    may_resend = (rejected and shows_files) or (not live and (found or person_knows or rejected))
    match Choice(row.decision):
        case Choice.ACCEPT if live:
            first = min(live, key=lambda order: len(order.reference))
            accepted = Move(row.id, why=why, remote_id=first.remote_id, remote_etag=first.etag)
            move(connection, [accepted], State.ACKNOWLEDGED, by)
        case Choice.ACCEPT if person_knows:
            accepted = Move(row.id, why=why, remote_id=row.reference)
            move(connection, [accepted], State.ACKNOWLEDGED, by)
        case Choice.ACCEPT:
            return "the warehouse has nothing open or shipped under this reference"
        case Choice.HANDLED:
            # The warehouse has it after all; a file target may know it by its reference only.
            handled = Move(row.id, why=why, remote_id=row.remote_id or row.reference)
            move(connection, [handled], State.ACKNOWLEDGED, by)
        case Choice.SEND if found:
            return "the warehouse has an order under this reference by now"
        case Choice.SEND:
            move(connection, [Move(row.id, why=why)], State.READY, by)
        case Choice.RESEND if not may_resend:
            return "what the warehouse has under this reference is not cancelled: have it cancelled there, then decide"
        case Choice.RESEND if intake is not None:
            return _resend(context, connection, row, why, by, intake)
        case _:
            move(connection, [Move(row.id, why=why)], State.CANCELLED, by)
    return ""


def _resend(
    context: StageContext, connection: Connection, row: Row[Any], why: str, by: By, intake: LaneIntake
) -> str:
    """Insert the next generation with the store's present content; it is validated and sent like any other order."""
    document = decisions.document_of(connection, row.sales_order_id)
    new = intake.new_order(sales_order_from(document))
    if isinstance(new, Unreadable):
        return f"its present copy cannot be sent ({new.what})"
    store = context.store_row
    generation = decisions.next_generation(connection, store.id, row.order_id, row.shipment_id, row.part)
    reference = make_reference(store.code, row.order_id, row.shipment_id, generation, row.part)
    others = decisions.lines_of_other_parts(connection, row.id)
    only = single_group(new, row.shipment_id, generation, reference, part=row.part, others=others)
    if only is None:
        return "the store no longer has this ship-to"
    move(connection, [Move(row.id, why=why)], State.CANCELLED, by)
    decisions.insert_next_generation(
        connection, store.id, context.lane.name, by, row.sales_order_id, only, old=row.id
    )
    return ""


def _draft_again(row: Row[Any], found: Sequence[RemoteOrder], problem: str) -> ExceptionDraft:
    numbers = ", ".join(sorted(order.remote_id for order in found))
    message = f"{row.reference}: {row.decision} was not possible: {problem}"
    kind = ExceptionKind(row.kind)
    return ExceptionDraft(row.sales_order_id, kind, message, numbers, fulfillment_order_id=row.id)
