"""Settle outcomes that nobody saw, and what dead runs left in `sending`, by asking the warehouse."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle.evidence import settle_by_evidence
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import note_searched
from cartage.sending.repo import transfers
from cartage.sending.repo import unknown as unknown_orders
from cartage.sending.settle_documents import settle_documents
from cartage.sending.settlement import Settlement
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
        place = context.warehouse_name
        unknown, ready = transfers.settle_abandoned(
            connection, context.lane.name, context.by, warehouse=place
        )
        counts["settled"] += len(settle_by_evidence(connection, context.lane.name, context.by))
        waiting = transfers.any_unknown(connection, context.lane.name, place)
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
        settlement = Settlement(context, owner, context.ledger.now(), counts)
        settle_documents(settlement, [row for row in rows if row.document_id is not None])
        by_reference = {row.reference: row for row in rows if row.document_id is None}
        settled: set[str] = set()
        for reference, found in context.warehouse.find_many(by_reference):
            _settle_order(settlement, by_reference[reference], found)
            settled.add(reference)
        note_searched(context, by_reference, settled, settlement.asked_at)


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
        return unknown_orders.claim_unknown(
            connection,
            context.lane.name,
            owner=owner,
            lease=context.lane.limits.lease,
            size=_BATCH,
            absence_wait=wait,
            warehouse=context.warehouse_name,
        )


def _settle_order(settlement: Settlement, row: Row[Any], found: list[RemoteOrder]) -> None:
    context = settlement.context
    if found:
        verdict = judge_found(row, found)
    else:
        can, when_absent = context.warehouse.capabilities, context.lane.warehouse.when_absent
        verdict = judge_absent_after_sending(row, can, when_absent)
    outcome = _OUTCOMES[verdict.to] if found else "absent"
    with context.ledger.begin() as connection:
        settlement.write(connection, row, verdict, outcome, found=found, absent=not found)
