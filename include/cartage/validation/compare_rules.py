"""Orders judged by two sets of rules: what a change would release, block or alter, before it is made.

A preview looks at the orders that were not sent yet, a backtest at those of the last days. Both use the cached
catalogue and change nothing; nobody is called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from cartage.runtime.context import StageContext
from cartage.validation.comparison import request_differences
from cartage.validation.judge import Judge, JudgedOrder, LaneRules
from cartage.validation.repo import orders as waiting
from cartage.warehouses.repo import catalogue

_BATCH = 500
_EXAMPLES = 20


class RuleEffect(StrEnum):
    """What other rules make of an order."""

    RELEASED = "released"  # was blocked or held, would be sent
    BLOCKED = "blocked"
    HELD = "held"
    ALTERED = "altered"  # sent either way, but otherwise
    OTHER_CAUSES = "other causes"  # stopped either way, but by something else


@dataclass(frozen=True, slots=True)
class RequestDifference:
    """One order that other rules treat otherwise, and how."""

    effect: RuleEffect
    reference: str
    order_id: int
    invoice: str
    state: str
    before: str
    after: str


@dataclass
class Comparison:
    """All that differs: how many orders were looked at, how many of each effect, and the first of each.

    `told` hears of each batch that was looked at.
    """

    judged: int = 0
    counts: Counter[RuleEffect] = field(default_factory=Counter)
    examples: list[RequestDifference] = field(default_factory=list)
    told: Callable[[Comparison], None] | None = None

    def looked_at(self, orders: int) -> None:
        """Count a batch, and say how far it is."""
        self.judged += orders
        if self.told:
            self.told(self)

    def add(self, found: RequestDifference) -> None:
        """Count an order; the first of each effect are kept."""
        self.counts[found.effect] += 1
        if self.counts[found.effect] <= _EXAMPLES:
            self.examples.append(found)


def compare_unsent(
    context: StageContext, before: LaneRules, after: LaneRules, counts: Comparison
) -> Iterator[RequestDifference]:
    """The orders not sent yet that `after` treats otherwise than `before`; `counts.judged` goes along."""
    last: int | None = 0
    while last is not None and not context.stop.is_set():
        with context.ledger.begin() as connection:
            ids = waiting.unsent_ids(connection, context.lane.name, after=last, size=_BATCH)
        yield from _compare(context, before, after, ids, counts)
        last = ids[-1] if ids else None


def backtest_rules(
    context: StageContext, before: LaneRules, after: LaneRules, days: int, counts: Comparison
) -> Iterator[RequestDifference]:
    """Orders placed in the last days that would have come out otherwise by `after`; `counts.judged` goes along.

    Both sets of rules meet the warehouse's catalogue as it is cached now, and holds as if each order came in now.
    """
    with context.ledger.begin() as connection:
        ids = waiting.ids_placed_since(
            connection, context.lane.name, context.ledger.now() - timedelta(days=days)
        )
    for start in range(0, len(ids), _BATCH):
        if not context.stop.is_set():
            yield from _compare(context, before, after, ids[start : start + _BATCH], counts)


def _compare(
    context: StageContext, before: LaneRules, after: LaneRules, ids: Sequence[int], counts: Comparison
) -> Iterator[RequestDifference]:
    if not ids:
        return
    with context.ledger.begin() as connection:
        rows = waiting.rows_to_judge(connection, ids)
        skus = [line[1] for row in rows for line in row.lines]
        targets = dict.fromkeys([*before.skus.targets(skus), *after.skus.targets(skus)])
        matches = catalogue.lookup(connection, context.account, targets)
        now = context.ledger.now()
        pairs = zip(
            *(Judge(context, rules, matches, now).judge(connection, rows) for rules in (before, after)),
            strict=True,
        )
    counts.looked_at(len(rows))
    for old, new in pairs:
        if found := _difference(old, new):
            yield found


def _difference(old: JudgedOrder, new: JudgedOrder) -> RequestDifference | None:
    before, after = _stop(old), _stop(new)
    row: Row[Any] = old.row
    if before != after:
        effect = _effect(old, new)
    elif not before and (changed := _altered(old, new)):
        effect, before, after = RuleEffect.ALTERED, "", changed
    else:
        return None
    return RequestDifference(effect, row.reference, row.order_id, row.invoice, row.state, before, after)


def _effect(old: JudgedOrder, new: JudgedOrder) -> RuleEffect:
    if not _stop(new):
        return RuleEffect.RELEASED
    if not _stop(old) or new.is_fit is not old.is_fit:
        return RuleEffect.HELD if new.is_fit else RuleEffect.BLOCKED
    return RuleEffect.OTHER_CAUSES


def _stop(one: JudgedOrder) -> str:
    """Why it would not be sent; empty if it would."""
    if one.verdict.problems:
        return "; ".join(problem.message for problem in one.verdict.problems)
    if one.kept_causes:
        return "refused by the warehouse"
    return "; ".join(f"held: {hold.reason}" for hold in one.holds)


def _altered(old: JudgedOrder, new: JudgedOrder) -> str:
    if old.verdict.request is None or new.verdict.request is None:
        return ""
    return "; ".join(request_differences(old.verdict.request, new.verdict.request))
