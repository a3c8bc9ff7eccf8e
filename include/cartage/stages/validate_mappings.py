"""Validation: each imported order becomes ready with its request, or blocked with every cause that it has.

Blocked orders are judged again in every run, so that mending a cause releases all of its orders at once; ready ones,
when the lane's rules are others than those that made their request.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from cartage.ledger import causes
from cartage.ledger import validation as waiting
from cartage.ledger.states import State
from cartage.ledger.transitions import Move, move
from cartage.mapping.comparison import differences
from cartage.mapping.validation import Verdict
from cartage.orders.documents import request_document, request_from
from cartage.stages.context import StageContext
from cartage.stages.judging import LaneRules, candidate, current_matches, validator

log = logging.getLogger(__name__)

_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Judged:
    """An order's row, and what the rules say of it."""

    row: Row[Any]
    verdict: Verdict

    @property
    def kept_causes(self) -> set[int]:
        """What the warehouse refused stays refused, as long as the same would be sent."""
        if not self.row.kept_causes or self.row.request is None or self.verdict.request is None:
            return set(self.row.kept_causes)
        same = request_from(self.row.request) == self.verdict.request
        return set(self.row.kept_causes) if same else set()

    @property
    def is_fit(self) -> bool:
        """Whether it may be sent."""
        return self.verdict.request is not None and not self.kept_causes


def run(context: StageContext) -> dict[str, int]:
    """Judge every imported and blocked order, and ready ones by new rules.

    Returns counts: judged, ready, blocked, causes_closed, looked_up.
    """
    counts: Counter[str] = Counter(
        dict.fromkeys(("judged", "ready", "blocked", "causes_closed", "looked_up"), 0)
    )
    with context.ledger.begin() as connection:
        rules = LaneRules.of(connection, context.lane)
        skus = waiting.skus_in_question(connection, context.lane.name, rules_hash=rules.digest)
    found, counts["looked_up"] = current_matches(context, rules.skus.targets(skus))
    judge = validator(context, rules, found).judge
    after: int | None = 0
    while after is not None and not context.stop.is_set():
        with context.ledger.begin() as connection:
            rows = waiting.candidates(
                connection, context.lane.name, rules_hash=rules.digest, after=after, size=_BATCH
            )
            judged = [_Judged(row, judge(candidate(context.lane, row))) for row in rows]
            counts["judged"] += len(rows)
            counts["ready"] += _release(connection, context, judged, rules.digest)
            counts["blocked"] += _block(connection, context, judged)
        after = int(rows[-1].id) if rows else None
    with context.ledger.begin() as connection:
        counts["causes_closed"] = causes.close_mended(connection, context.lane.name)
    return dict(counts)


def _release(
    connection: Connection, context: StageContext, judged: Sequence[_Judged], rules_hash: str
) -> int:
    """Let what is fit be ready, with the request that the rules of now make."""
    fit = [one for one in judged if one.is_fit]
    anew = {one.row.id: why for one in fit if one.row.state == State.READY and (why := _changed(one))}
    move(connection, [Move(number, why=why) for number, why in anew.items()], State.IMPORTED, context.by)
    moves = [
        Move(one.row.id, why=_release_reason(one.row), request=request_document(one.verdict.request))
        for one in fit
        if one.verdict.request is not None and (one.row.state != State.READY or one.row.id in anew)
    ]
    moved = move(connection, moves, State.READY, context.by)
    waiting.judged_by(connection, [one.row.id for one in fit], rules_hash)
    return len(moved)


def _changed(one: _Judged) -> str:
    """What other rules change in a request that was ready; empty if nothing."""
    if one.verdict.request is None:
        return ""
    found = differences(request_from(one.row.request), one.verdict.request)
    return f"other rules: {'; '.join(found)}" if found else ""


def _release_reason(row: Row[Any]) -> str:
    return "every cause was mended" if row.state == State.BLOCKED else ""


def _block(connection: Connection, context: StageContext, judged: Sequence[_Judged]) -> int:
    problems = [problem for one in judged for problem in one.verdict.problems]
    ids = causes.open_causes(connection, context.lane.name, problems)
    moves = []
    for one in judged:
        wanted = {ids[problem.fingerprint] for problem in one.verdict.problems} | one.kept_causes
        if wanted and (one.row.state != State.BLOCKED or wanted != set(one.row.cause_ids)):
            why = "; ".join(problem.message for problem in one.verdict.problems) or "refused by the warehouse"
            moves.append(Move(one.row.id, why=why, cause_ids=tuple(sorted(wanted))))
    return len(move(connection, moves, State.BLOCKED, context.by))
