"""Validation: each imported order becomes ready with its request, blocked with every cause that it has, or held.

Blocked orders are judged again in every run, so that mending a cause releases all of its orders at once; ready ones,
when the lane's rules are others than those that made their request.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from cartage.lifecycle import causes
from cartage.lifecycle.transitions import Move, move
from cartage.model.documents import request_document, request_from
from cartage.model.states import State
from cartage.runtime.context import StageContext
from cartage.validation.catalogue_matches import CatalogueMatches, current_matches
from cartage.validation.comparison import request_differences
from cartage.validation.hold_rules import possible_duplicate_text
from cartage.validation.judge import Judge, JudgedOrder, LaneRules
from cartage.validation.repo import holds
from cartage.validation.repo import orders as order_rows
from cartage.validation.repo.holds import OrderHold

log = logging.getLogger(__name__)

_BATCH = 500


def run(context: StageContext) -> dict[str, int]:
    """Judge every imported and blocked order, and ready ones by new rules; let go of holds whose time is over.

    Returns counts: judged, ready, held, blocked, causes_closed, looked_up.
    """
    counts: Counter[str] = Counter(
        dict.fromkeys(("judged", "ready", "held", "blocked", "causes_closed", "looked_up"), 0)
    )
    lane = context.lane.name
    with context.ledger.begin() as connection:
        holds.end_expired_holds(connection, lane, context.by)
        rules = LaneRules.of(connection, context.lane)
        skus = order_rows.skus_to_judge(connection, lane, rules_hash=rules.digest)
    # Every call to the warehouse is made before orders are locked: none is made inside a transaction.
    known = current_matches(context, rules.skus.targets(skus))
    counts["looked_up"] = known.looked_up
    judge = Judge(context, rules, known.by_sku, context.ledger.now())
    after: int | None = 0
    while after is not None and not context.stop.is_set():
        with context.ledger.begin() as connection:
            rows = order_rows.lock_candidates(
                connection, lane, rules_hash=rules.digest, after=after, size=_BATCH
            )
            judged = judge.judge(connection, _judgeable(connection, context, rows, rules, known))
            counts["judged"] += len(judged)
            _settle(connection, context, judged, rules, counts)
        after = int(rows[-1].id) if rows else None
    with context.ledger.begin() as connection:
        counts["causes_closed"] = causes.close_fixed(connection, lane)
    return dict(counts)


def _judgeable(
    connection: Connection,
    context: StageContext,
    rows: Sequence[Row[Any]],
    rules: LaneRules,
    known: CatalogueMatches,
) -> list[Row[Any]]:
    """Return the orders that can be judged now.

    An order with a SKU that the warehouse was not asked for waits as imported for the next run, since nobody may be
    told that its SKU is unknown. A blocked order is judged all the same: it is blocked already.
    """
    waiting = [
        row
        for row in rows
        if row.state != State.BLOCKED and not known.cover(rules.skus.targets(sku for _, sku, *_ in row.lines))
    ]
    why = "the warehouse could not be asked for a SKU"
    ready = [Move(row.id, why=why) for row in waiting if row.state == State.READY]
    move(connection, ready, State.IMPORTED, context.by)
    waiting_ids = {row.id for row in waiting}
    return [row for row in rows if row.id not in waiting_ids]


def _settle(
    connection: Connection,
    context: StageContext,
    judged: Sequence[JudgedOrder],
    rules: LaneRules,
    counts: Counter[str],
) -> None:
    """Move each order of a batch to where the rules put it."""
    fit = [one for one in judged if one.is_fit]
    holds.place_holds(connection, context.lane.name, {one.row.id: one.holds for one in fit}, context.by)
    waits = holds.holds_of_orders(connection, [one.row.id for one in fit])
    counts["held"] += _hold(connection, context, waits)
    going = [one for one in fit if one.row.id not in waits]
    counts["ready"] += _release(connection, context, going, rules.digest)
    counts["blocked"] += _block(connection, context, judged)


def _hold(connection: Connection, context: StageContext, waits: Mapping[int, OrderHold]) -> int:
    moves = [Move(number, why=one.reason, held_until=one.until) for number, one in waits.items()]
    return len(move(connection, moves, State.HELD, context.by))


def _release(
    connection: Connection, context: StageContext, going: Sequence[JudgedOrder], rules_hash: str
) -> int:
    """Let orders be ready, with the request that the rules of now make; those that have it already stay as they are."""
    anew = {one.row.id: why for one in going if one.row.state == State.READY and (why := _changed(one))}
    move(connection, [Move(number, why=why) for number, why in anew.items()], State.IMPORTED, context.by)
    same = {one.row.id for one in going if one.row.state == State.READY} - anew.keys()
    order_rows.note_rules_hash(connection, sorted(same), rules_hash)
    moves = [
        Move(
            one.row.id,
            why=_release_reason(context, one),
            request=request_document(one.verdict.request),
            rules_hash=rules_hash,
        )
        for one in going
        if one.verdict.request is not None and one.row.id not in same
    ]
    return len(move(connection, moves, State.READY, context.by))


def _changed(one: JudgedOrder) -> str:
    """What other rules change in a request that was ready; empty if nothing."""
    if one.verdict.request is None:
        return ""
    found = request_differences(request_from(one.row.request), one.verdict.request)
    return f"other rules: {'; '.join(found)}" if found else ""


def _release_reason(context: StageContext, one: JudgedOrder) -> str:
    if one.possible_duplicate:
        log.warning(
            "lane %s: order %s %s",
            context.lane.name,
            one.row.reference,
            possible_duplicate_text(one.possible_duplicate),
        )
        return possible_duplicate_text(one.possible_duplicate)
    return "every cause was mended" if one.row.state == State.BLOCKED else ""


def _block(connection: Connection, context: StageContext, judged: Sequence[JudgedOrder]) -> int:
    problems = [problem for one in judged for problem in one.verdict.problems]
    ids = causes.open_causes(connection, context.lane.name, problems)
    moves = []
    for one in judged:
        wanted = {ids[problem.fingerprint] for problem in one.verdict.problems} | one.kept_causes
        if wanted and (one.row.state != State.BLOCKED or wanted != set(one.row.cause_ids)):
            why = "; ".join(problem.message for problem in one.verdict.problems) or "refused by the warehouse"
            moves.append(Move(one.row.id, why=why, cause_ids=tuple(sorted(wanted))))
    return len(move(connection, moves, State.BLOCKED, context.by))
