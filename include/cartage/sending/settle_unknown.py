"""Settle outcomes that nobody saw, and what dead runs left in `sending`, by asking the warehouse."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle.causes import open_causes
from cartage.lifecycle.exceptions import open_exception
from cartage.lifecycle.quarantine import note_absent
from cartage.lifecycle.transitions import move
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.sending.kept_responses import orders_to_keep
from cartage.sending.repo import transfers
from cartage.sending.verdicts import judge_absent_after_sending, judge_found
from cartage.warehouses.contract import DuplicatePolicy, RemoteOrder

log = logging.getLogger(__name__)

_BATCH = 100
# The outcome of an attempt whose order was found at the warehouse, by the state that the order moves to.
_OUTCOMES = {State.ACKNOWLEDGED: "found", State.CANCELLED: "found", State.CONFLICT: "conflict"}


def settle_unknown(context: StageContext, counts: Counter[str]) -> None:
    """Settle every order of the lane whose outcome is unknown and that the warehouse would show by now.

    Raises:
        RemoteError: if the warehouse cannot be reached; the orders stay unknown.
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
    while rows := _claim(context, owner):
        asked_at = context.ledger.now()
        by_reference = {row.reference: row for row in rows}
        for reference, found in context.warehouse.find_many(by_reference):
            _settle_order(context, by_reference[reference], found, owner, asked_at, counts)


def absence_wait(context: StageContext) -> timedelta | None:
    """Return how long absence at the warehouse proves nothing after a request, or after a quarantine began.

    None where the warehouse refuses a repeated reference: sending again does no harm there.
    """
    can = context.warehouse.capabilities
    if can.duplicate_policy is DuplicatePolicy.REJECTS:
        return None
    return can.longest_request + can.visibility_delay


def _claim(context: StageContext, owner: str) -> Sequence[Row[Any]]:
    if context.stop.is_set():
        return []
    wait = absence_wait(context)
    with context.ledger.begin() as connection:
        return transfers.claim_unknown(
            connection,
            context.lane.name,
            owner=owner,
            lease=context.lane.limits.lease,
            size=_BATCH,
            absence_wait=wait,
        )


def _settle_order(
    context: StageContext,
    row: Row[Any],
    found: list[RemoteOrder],
    owner: str,
    asked_at: datetime,
    counts: Counter[str],
) -> None:
    if found:
        verdict = judge_found(row, found)
    else:
        can, when_absent = context.warehouse.capabilities, context.lane.warehouse.when_absent
        verdict = judge_absent_after_sending(row, can, when_absent)
    target = verdict.move
    with context.ledger.begin() as connection:
        if verdict.problem:
            opened = open_causes(connection, context.lane.name, [verdict.problem])
            target = replace(target, cause_ids=tuple(opened.values()))
        if not move(connection, [target], verdict.to, context.by, held_lease=owner, strict=False):
            return  # Another run has claimed it and settles it.
        outcome = _OUTCOMES[verdict.to] if found else "absent"
        shown = orders_to_keep(found, context.warehouse_secrets)
        transfers.note_settled(connection, row.id, outcome, target.remote_id, shown)
        if not found:
            note_absent(connection, [row.id], asked_at)
        if verdict.draft:
            open_exception(connection, context.lane.name, verdict.draft, context.by)
    counts["settled"] += 1
    counts["exceptions"] += verdict.draft is not None
    log.info("%s: the unknown outcome is settled: %s (%s)", row.reference, verdict.to.value, target.why)
