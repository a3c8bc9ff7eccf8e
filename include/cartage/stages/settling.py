"""Settling: what dead runs left in `sending`, and every outcome that nobody saw, by asking the warehouse."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from typing import Any

from sqlalchemy import Row

from cartage.ledger import transfers
from cartage.ledger.states import State
from cartage.ledger.transitions import Move, move
from cartage.orders.documents import request_from
from cartage.stages.context import StageContext
from cartage.warehouses.contract import DuplicatePolicy, RemoteOrder, RemoteState, content_differences

log = logging.getLogger(__name__)

_BATCH = 100
# How an attempt ended whose order was found at the warehouse.
_OUTCOMES = {State.ACKNOWLEDGED: "found", State.CANCELLED: "found", State.CONFLICT: "conflict"}


def settle(context: StageContext, counts: Counter[str]) -> None:
    """Settle every order of the lane whose outcome is open and may by now be asked for.

    Raises:
        RemoteError: if the warehouse cannot be asked; the orders stay unknown.
    """
    with context.ledger.begin() as connection:
        unknown, ready = transfers.settle_abandoned(connection, context.lane.name, context.by)
    if unknown or ready:
        log.warning(
            "lane %s: a dead run left %d orders with an unknown outcome and %d unsent",
            context.lane.name,
            unknown,
            ready,
        )
    owner = f"{context.run.id}#{uuid.uuid4().hex[:8]}"
    while rows := _claimed(context, owner):
        for row in rows:
            _settle_one(context, row, owner, counts)


def _claimed(context: StageContext, owner: str) -> list[Row[Any]]:
    if context.stop.is_set():
        return []
    with context.ledger.begin() as connection:
        lease = context.lane.limits.lease
        return list(
            transfers.claim_unknown(connection, context.lane.name, owner=owner, lease=lease, size=_BATCH)
        )


def _settle_one(context: StageContext, row: Row[Any], owner: str, counts: Counter[str]) -> None:
    found = context.warehouse.find(row.reference)
    to, what = _decide(context, row, found)
    with context.ledger.begin() as connection:
        if move(connection, [what], to, context.by, held_lease=owner, strict=False):
            transfers.settled(connection, row.id, _OUTCOMES[to] if found else "absent", what.remote_id)
    counts["settled"] += 1
    log.info("%s: the unknown outcome is settled: %s (%s)", row.reference, to.value, what.why)


def _decide(context: StageContext, row: Row[Any], found: list[RemoteOrder]) -> tuple[State, Move]:
    """Present with our content: acknowledged. Cancelled or with other content: a person. Absent: by policy."""
    if found and all(order.state is RemoteState.CANCELLED for order in found):
        if row.cancel_wanted:
            return State.CANCELLED, Move(row.id, why="found cancelled at the warehouse, as was wished")
        return State.CONFLICT, Move(
            row.id, why=f"{row.reference} is cancelled at the warehouse: is it to be shipped?"
        )
    if found:
        differences = content_differences(request_from(row.request), found)
        first = min(found, key=lambda order: len(order.reference))
        if not differences:
            why = "found at the warehouse"
            return State.ACKNOWLEDGED, Move(
                row.id, why=why, remote_id=first.remote_id, remote_etag=first.etag
            )
        why = f"the warehouse has {row.reference} with other content: {'; '.join(differences)}"
        return State.CONFLICT, Move(row.id, why=why, remote_id=first.remote_id)
    if context.warehouse.capabilities.duplicate_policy is DuplicatePolicy.REJECTS:
        return State.READY, Move(row.id, why="absent at the warehouse, which refuses a repeated reference")
    why = "absent at the warehouse, which would accept it twice: a person decides whether to send it again"
    return State.CONFLICT, Move(row.id, why=why)
