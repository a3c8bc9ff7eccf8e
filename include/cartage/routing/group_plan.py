"""What a decision means for a ship-to group: the parts it is divided into, a hold, or why it waits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cartage.errors.problems import Problem, ProblemKind, quoted
from cartage.routing.decision import RoutingDecision, RuleHold, RuleOutcome
from cartage.routing.facts import OrderFacts

_FIX = (
    "Wait: the orders go on by themselves once a warehouse has it. Or choose for these orders: `cartage routing choose "
    "ORDER split` sends what is there, and `backorder` lets the first warehouse of the rule send the rest later. For "
    "all orders: `split` or `backorder_at` of the rule, or a further warehouse in `prefer`."
)


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part of a group: its quantities by position, and where it goes.

    `warehouse` is empty where it waits, for `problems`, or where `nobody` of the lane ships it by that rule.
    """

    lines: Mapping[int, Decimal]
    warehouse: str = ""
    nobody: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """The parts of a group, and the hold on all of them. A held group has one part.

    A held order has the lane's first warehouse unless a rule says otherwise once it is released.
    """

    decision: RoutingDecision
    parts: tuple[PlannedPart, ...]
    hold: RuleHold | None = None


def plan_group(decision: RoutingDecision, facts: OrderFacts, first: str) -> GroupPlan:
    """Return what a decision means for its group; `first` is the lane's first warehouse."""
    whole = {line.position: line.quantity for line in facts.lines}
    if decision.hold is not None:
        return GroupPlan(decision, (PlannedPart(whole, first),), decision.hold)
    if decision.waits and not decision.goes_ahead:
        return GroupPlan(decision, (PlannedPart(whole, problems=tuple(_missing(decision))),))
    parts = [
        PlannedPart({line.position: line.quantity for line in part.lines}, part.warehouse)
        for part in decision.parts
    ]
    if decision.nobody:
        left = {position: whole[position] for position in decision.nobody}
        [*_, rule] = [step.rule for step in decision.steps if step.outcome is RuleOutcome.NOBODY]
        parts.append(PlannedPart(left, nobody=rule))
    if decision.waits:
        missing = {line.position: line.quantity for line in decision.waits}
        parts.append(PlannedPart(missing, problems=tuple(_missing(decision))))
    # An order without a line goes anywhere: validation says what it lacks.
    return GroupPlan(decision, tuple(parts) or (PlannedPart({}, first),))


def fit_members(parts: Sequence[PlannedPart], members: Sequence[tuple[int, str]]) -> list[int | None]:
    """Return which fulfillment order of the group is to have each part; None for one that is to be made.

    `members` are id and warehouse, by part. A part stays in the order that is at its warehouse already, and the first
    member always has one: an order that goes whole has the reference that it would have without rules.
    """
    first, _ = members[0]
    if len(parts) == 1:
        return [first]
    free = dict(members)
    fitted: dict[int, int] = {}

    def fit(place: int, order: int) -> None:
        fitted[place] = order
        del free[order]

    for place, part in enumerate(parts):
        there = next((order for order, at in free.items() if at and at == part.warehouse), None)
        if there is not None:
            fit(place, there)
    left = [place for place in range(len(parts)) if place not in fitted]
    if first in free:
        # Whatever else fits: it may be that each part is at its warehouse in another order already.
        fit(left.pop(0) if left else 0, first)
    for place, order in zip(left, list(free), strict=False):
        fit(place, order)
    return [fitted.get(place) for place in range(len(parts))]


def no_reference() -> Problem:
    """Return the problem of a group whose further parts would have no reference."""
    return Problem(
        ProblemKind.NOT_ROUTED,
        "no reference for a part",
        "its lines go to different warehouses, and the order's number leaves no room for a further part's reference",
        "Write `lines: all` in the rule that is to decide for the whole order, or `split: never`.",
    )


def _missing(decision: RoutingDecision) -> Sequence[Problem]:
    """Orders that wait for the same SKU by the same rule have one cause."""
    rule = next(step.rule for step in decision.steps if step.outcome is RuleOutcome.WAITS)
    return [
        Problem(
            ProblemKind.NOT_ROUTED,
            f"{sku} by {rule}",
            f"no warehouse of the rule {quoted(rule)} has enough of SKU {quoted(sku)}",
            _FIX,
        )
        for sku in sorted({line.sku for line in decision.waits})
    ]
