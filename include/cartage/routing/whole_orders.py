"""What a decision means for an order that goes as a whole: one warehouse, a hold, nobody, or it waits. Pure.

Parts of an order at different warehouses are not built yet: an order whose lines would go to several waits, and people
are alerted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cartage.errors.problems import Problem, ProblemKind, quoted
from cartage.routing.decision import RoutingDecision, RuleHold, RuleOutcome


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """Where an order goes. `warehouse` is empty where it waits, for `problems`, or where `nobody` of the lane ships it.

    A held order has the warehouse that ships it unless another rule says otherwise once it is released.
    """

    decision: RoutingDecision
    warehouse: str = ""
    hold: RuleHold | None = None
    nobody: str = ""
    problems: tuple[Problem, ...] = ()


def as_whole(decision: RoutingDecision, first: str) -> WholeOrder:
    """Return what a decision means for the whole order; `first` is the lane's first warehouse."""
    if decision.hold is not None:
        return WholeOrder(decision, first, decision.hold)
    if decision.waits:
        return WholeOrder(decision, problems=tuple(_missing(decision)))
    if decision.nobody and not decision.parts:
        [*_, last] = [step.rule for step in decision.steps if step.outcome is RuleOutcome.NOBODY]
        return WholeOrder(decision, nobody=last)
    if decision.nobody or len(decision.parts) > 1:
        return WholeOrder(decision, problems=(_apart(decision),))
    # An order without a line goes anywhere: validation says what it lacks.
    return WholeOrder(decision, decision.parts[0].warehouse if decision.parts else first)


def _missing(decision: RoutingDecision) -> Sequence[Problem]:
    """Orders that wait for the same SKU by the same rule have one cause."""
    rule = next(step.rule for step in decision.steps if step.outcome is RuleOutcome.WAITS)
    return [
        Problem(
            ProblemKind.NOT_ROUTED,
            f"{sku} by {rule}",
            f"no warehouse of the rule {rule} has enough of SKU {quoted(sku)}",
            "Wait: the orders go on by themselves once a warehouse has it. Or let one send it later: `backorder_at` of "
            "the rule; or name a further warehouse in `prefer`.",
        )
        for sku in sorted({line.sku for line in decision.waits})
    ]


def _apart(decision: RoutingDecision) -> Problem:
    rules = " and ".join(step.rule or "no rule" for step in decision.steps)
    return Problem(
        ProblemKind.NOT_ROUTED,
        rules,
        f"its lines go to different places ({rules}), and an order is not split",
        "Write `lines: all` in the rule that is to decide for the whole order, or move that rule up. Lines that "
        "another company ships: leave them out with `store.exclude`.",
    )
