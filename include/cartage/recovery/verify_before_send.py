"""Find before send: what a ledger that is new, restored or another's takes for unsent is asked for, in bulk, first.

An order that the warehouse has is followed from there; one that it does not have may be sent. See docs/decisions/0023.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle import exceptions
from cartage.lifecycle import quarantine as doubt
from cartage.lifecycle.transitions import Move, move
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.sending import verdicts as deciding
from cartage.sending.settle_unknown import absence_wait
from cartage.sending.verdicts import SettlementVerdict

log = logging.getLogger(__name__)

_BATCH = 500


def verify_ready(context: StageContext, counts: Counter[str]) -> None:
    """Ask the warehouse for every ready order of which the ledger may have forgotten, or never knew, that it was sent.

    Raises:
        RemoteError: if the warehouse cannot be asked; what was not asked for is not sent.
    """
    after = 0
    while not context.stop.is_set():
        with context.ledger.begin() as connection:
            rows = doubt.unverified_ready(connection, context.lane.name, after=after, size=_BATCH)
        if not rows or not _may_ask(context, len(rows)):
            return
        _ask(context, rows, counts)
        after = rows[-1].id


def end_quarantine_if_settled(context: StageContext) -> None:
    """End the lane's find-before-send mode once its first full sweep is settled."""
    with context.ledger.begin() as connection:
        ended = doubt.end_quarantine(connection, context.lane.name)
    if ended:
        log.info(
            "lane %s: all that its first full sweep brought was asked for at the warehouse; from now on only orders "
            "placed before are",
            context.lane.name,
        )


def _may_ask(context: StageContext, waiting: int) -> bool:
    wait = absence_wait(context) or timedelta(0)
    with context.ledger.begin() as connection:
        lane = doubt.quarantine_of(connection, context.lane.name, wait=wait)
    if lane is None or lane.may_ask:
        return True
    log.warning(
        "lane %s: %d orders wait until %s: only then does the warehouse show everything that was sent before",
        context.lane.name,
        waiting,
        f"{lane.quarantined_at + wait:%F %T} UTC",
    )
    return False


def _ask(context: StageContext, rows: Sequence[Row[Any]], counts: Counter[str]) -> None:
    asked_at = context.ledger.now()
    by_reference = {row.reference: row for row in rows}
    absent: list[int] = []
    for reference, found in context.warehouse.find_many(by_reference):
        row = by_reference[reference]
        if found:
            verdict: SettlementVerdict | None = deciding.of_found(row, found)
        else:
            verdict = deciding.of_never_sent(
                row, context.warehouse.capabilities, context.lane.warehouse.when_absent
            )
        if verdict is None:
            absent.append(row.id)
        else:
            _follow(context, verdict, counts)
    with context.ledger.begin() as connection:
        doubt.note_absent(connection, absent, asked_at)
    counts["asked"] += len(rows)


def _follow(context: StageContext, verdict: SettlementVerdict, counts: Counter[str]) -> None:
    """Let an order be where the warehouse says that it is, unless another run has moved it meanwhile."""
    one = verdict.move
    with context.ledger.begin() as connection:
        if not doubt.lock_orders(connection, [one.id], {State.READY}):
            return
        why = "at the warehouse, and unknown to this ledger" if verdict.question is None else one.why
        move(connection, [Move(one.id, why=why, remote_id=one.remote_id)], State.CONFLICT, context.by)
        if verdict.question is None:
            move(connection, [one], verdict.to, context.by)
        else:
            exceptions.open_exception(connection, context.lane.name, verdict.question, context.by)
    counts["found"] += verdict.to is State.ACKNOWLEDGED
    counts["exceptions"] += verdict.question is not None
    log.warning("fulfillment order %d: %s (%s)", one.id, verdict.to.value, one.why)
