"""Verify before send: ask the warehouse for ready orders that a new, restored or foreign ledger cannot vouch for.

An order that the warehouse has is not sent but followed from there; one that it does not have may be sent. See
docs/decisions/0023.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from cartage.lifecycle.claims import lock_orders
from cartage.lifecycle.evidence import evidence_of
from cartage.lifecycle.exceptions import open_exception
from cartage.lifecycle.placement import Placement, place_orders
from cartage.lifecycle.quarantine import note_absent
from cartage.lifecycle.transitions import Move, move
from cartage.model.states import State
from cartage.recovery.found_orders import MAY_BE_THERE, Recovery, candidate_of
from cartage.recovery.repo import end_quarantine, live_groups, quarantine_of, unverified_ready
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import note_searched
from cartage.sending.settle_unknown import absence_wait
from cartage.sending.verdicts import SettlementVerdict, has_part_of, judge_absent_unsent, judge_found

log = logging.getLogger(__name__)

_BATCH = 500


def verify_ready(context: StageContext, counts: Counter[str]) -> None:
    """Ask for every order, ready for this warehouse, that may have been sent without the ledger's knowledge.

    What the ledger has forgotten may have gone to another warehouse of the lane, so all of them are asked.

    Raises:
        RemoteError: if a warehouse cannot be reached; orders that are not verified are not sent.
    """
    after = 0
    while not context.stop.is_set():
        with context.ledger.begin() as connection:
            rows = unverified_ready(
                connection, context.lane.name, after=after, size=_BATCH, warehouse=context.warehouse_name
            )
        if not rows or not _absence_counts(context, len(rows)):
            return
        after = rows[-1].id
        _verify(context, _not_divided(context, rows), counts)


def _not_divided(context: StageContext, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Divide the orders of which a warehouse has a part that the ledger does not know of; return the others.

    An order may be absent under its first reference although another warehouse has a part of it. And a part may be
    absent although a warehouse has all of the order, under the reference of another part, from before it was divided.
    """
    if len(context.every_warehouse()) == 1:
        return rows
    recovery = Recovery(context)
    with context.ledger.begin() as connection:
        groups = live_groups(connection, context.store_row.id, {row.order_id for row in rows})
    asked, wanted = {row.id for row in rows}, {(row.order_id, row.shipment_id) for row in rows}
    recovery.look_for(
        [
            candidate_of(row)
            for row in groups
            if row.state in MAY_BE_THERE and row.id not in asked and (row.order_id, row.shipment_id) in wanted
        ]
    )
    recovery.look_for_divided([candidate_of(row) for row in rows])
    with context.ledger.begin() as connection:
        ready = lock_orders(connection, [row.id for row in rows], {State.READY})
    return [row for row in rows if row.id in ready]


def end_quarantine_if_settled(context: StageContext) -> None:
    """End the lane's quarantine once everything of its first full sweep is settled."""
    with context.ledger.begin() as connection:
        ended = end_quarantine(connection, context.lane.name)
    if ended:
        log.info(
            "lane %s: all orders of its first full sweep are verified with the warehouse; from now on only orders "
            "that were placed before are",
            context.lane.name,
        )


def _absence_counts(context: StageContext, waiting: int) -> bool:
    wait = max(absence_wait(place) or timedelta(0) for place in context.every_warehouse())
    with context.ledger.begin() as connection:
        lane = quarantine_of(connection, context.lane.name, wait=wait)
    if lane is None or lane.absence_counts:
        return True
    log.warning(
        "lane %s: %d orders wait until %s: only then does the warehouse show everything that was sent before",
        context.lane.name,
        waiting,
        f"{lane.quarantined_at + wait:%F %T} UTC",
    )
    return False


def _verify(context: StageContext, rows: Sequence[Row[Any]], counts: Counter[str]) -> None:
    asked_at = context.ledger.now()
    by_reference = {row.reference: row for row in rows}
    elsewhere = [place for place in context.every_warehouse() if place is not context]
    divided: list[Row[Any]] = []
    # What one warehouse has is not asked for at the next.
    for place in elsewhere:
        divided += _verify_elsewhere(context, place, by_reference, asked_at, counts)
    absent: list[int] = []
    settled: set[str] = set()
    with context.ledger.begin() as connection:
        evidence = evidence_of(connection, [row.id for row in by_reference.values()])
    for reference, found in context.warehouse.find_many(by_reference):
        counts["verified"] += 1
        settled.add(reference)
        row = by_reference[reference]
        if elsewhere and has_part_of(row, found):
            divided.append(row)
            continue
        verdict = judge_found(row, found) if found else _judge_absent(context, row, evidence.get(row.id))
        if verdict is None:
            absent.append(row.id)
        else:
            _apply(context, verdict, counts)
    with context.ledger.begin() as connection:
        note_absent(connection, absent, asked_at)
    note_searched(context, by_reference, settled, asked_at)
    Recovery(context).look_for([candidate_of(row) for row in divided])


def _verify_elsewhere(
    context: StageContext,
    place: StageContext,
    by_reference: dict[str, Row[Any]],
    asked_at: datetime,
    counts: Counter[str],
) -> list[Row[Any]]:
    """Ask another warehouse of the lane; take out of `by_reference` what it has, and what it does not settle.

    Return the orders of which it has only a part. A warehouse that shows no orders says nothing: what it says by itself
    is kept as evidence.
    """
    divided: list[Row[Any]] = []
    settled: set[str] = set()
    asked = set(by_reference)
    for reference, found in place.warehouse.find_many(sorted(asked)):
        settled.add(reference)
        if found:
            row = by_reference.pop(reference)
            if has_part_of(row, found):
                divided.append(row)
            else:
                _apply(context, judge_found(row, found), counts, there=place.warehouse_name)
    note_searched(place, asked, settled, asked_at)
    for reference in asked - settled:
        by_reference.pop(reference, None)
    return divided


def _judge_absent(
    context: StageContext, row: Row[Any], acknowledged: Move | None
) -> SettlementVerdict | None:
    """Judge an order that the warehouse does not show; None if it may be sent.

    A file target shows nothing that it has taken, but what it said of the order since is kept.
    """
    if acknowledged is not None:
        return SettlementVerdict(State.ACKNOWLEDGED, acknowledged)
    return judge_absent_unsent(row, context.warehouse.capabilities, context.lane.warehouse.when_absent)


def _apply(
    context: StageContext, verdict: SettlementVerdict, counts: Counter[str], *, there: str | None = None
) -> None:
    """Move an order to where a warehouse has it, unless another run has moved it meanwhile.

    `there` is that warehouse, where it is another one than the order's.
    """
    target = verdict.move
    with context.ledger.begin() as connection:
        if not lock_orders(connection, [target.id], {State.READY}):
            return
        if there is not None:
            placed = [Placement(target.id, there, f"found at {there}")]
            place_orders(connection, placed, context.by, found=True)
        why = "at the warehouse, and unknown to this ledger" if verdict.draft is None else target.why
        conflict = Move(target.id, why=why, remote_id=target.remote_id)
        move(connection, [conflict], State.CONFLICT, context.by)
        if verdict.draft is None:
            move(connection, [target], verdict.to, context.by)
        else:
            open_exception(connection, context.lane.name, verdict.draft, context.by)
    counts["found"] += verdict.to is State.ACKNOWLEDGED
    counts["exceptions"] += verdict.draft is not None
    log.warning("fulfillment order %d: %s (%s)", target.id, verdict.to.value, target.why)
