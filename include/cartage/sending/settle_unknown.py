"""Settling: what dead runs left in `sending`, and every outcome that nobody saw, by asking the warehouse."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle import exceptions
from cartage.lifecycle import quarantine as doubt
from cartage.lifecycle.transitions import move
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.sending import verdicts as deciding
from cartage.sending.kept_responses import orders_to_keep
from cartage.sending.repo import transfers
from cartage.warehouses.contract import DuplicatePolicy, RemoteOrder

log = logging.getLogger(__name__)

_BATCH = 100
# How an attempt ended whose order was found at the warehouse.
_OUTCOMES = {State.ACKNOWLEDGED: "found", State.CANCELLED: "found", State.CONFLICT: "conflict"}


def settle_unknown(context: StageContext, counts: Counter[str]) -> None:
    """Settle every order of the lane whose outcome is open and may by now be asked for.

    Raises:
        RemoteError: if the warehouse cannot be asked; the orders stay unknown.
    """
    with context.ledger.begin() as connection:
        unknown, ready = transfers.settle_abandoned(connection, context.lane.name, context.by)
        waiting = transfers.any_unknown(connection, context.lane.name)
    if unknown or ready:
        log.warning(
            "lane %s: a dead run left %d orders with an unknown outcome and %d unsent",
            context.lane.name,
            unknown,
            ready,
        )
    if not waiting:
        return
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    while rows := _claimed(context, owner):
        asked_at = context.ledger.now()
        by_reference = {row.reference: row for row in rows}
        for reference, found in context.warehouse.find_many(by_reference):
            _settle_one(context, by_reference[reference], found, owner, asked_at, counts)


def absence_wait(context: StageContext) -> timedelta | None:
    """How long after a doubt an absence says nothing; None where the warehouse refuses a repeat, so that none harms."""
    can = context.warehouse.capabilities
    if can.duplicate_policy is DuplicatePolicy.REJECTS:
        return None
    return can.longest_request + can.visibility_delay


def _claimed(context: StageContext, owner: str) -> list[Row[Any]]:
    if context.stop.is_set():
        return []
    wait = absence_wait(context)
    with context.ledger.begin() as connection:
        return list(
            transfers.claim_unknown(
                connection,
                context.lane.name,
                owner=owner,
                lease=context.lane.limits.lease,
                size=_BATCH,
                absence_wait=wait,
            )
        )


def _settle_one(
    context: StageContext,
    row: Row[Any],
    found: list[RemoteOrder],
    owner: str,
    asked_at: datetime,
    counts: Counter[str],
) -> None:
    if found:
        verdict = deciding.of_found(row, found)
    else:
        verdict = deciding.of_lost(row, context.warehouse.capabilities, context.lane.warehouse.when_absent)
    what = verdict.move
    with context.ledger.begin() as connection:
        if not move(connection, [what], verdict.to, context.by, held_lease=owner, strict=False):
            return  # Another run has the claim by now, and settles it.
        outcome = _OUTCOMES[verdict.to] if found else "absent"
        shown = orders_to_keep(found, context.warehouse_secrets)
        transfers.note_settled(connection, row.id, outcome, what.remote_id, shown)
        if not found:
            doubt.note_absent(connection, [row.id], asked_at)
        if verdict.question:
            exceptions.open_exception(connection, context.lane.name, verdict.question, context.by)
    counts["settled"] += 1
    counts["exceptions"] += verdict.question is not None
    log.info("%s: the unknown outcome is settled: %s (%s)", row.reference, verdict.to.value, what.why)
