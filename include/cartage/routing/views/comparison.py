"""What the rules say of an order and why, and what other rules would say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cartage.routing.decide import decide
from cartage.routing.decision import RoutingDecision
from cartage.routing.facts import OrderFacts
from cartage.routing.router import Router
from cartage.routing.stock_view import StockView


@dataclass(frozen=True, slots=True)
class PassedRule:
    """A rule that did not decide, and the condition that was not met; empty if all lines were decided before it."""

    rule: str
    unmet: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the rules say of one order by the present stock, and why the other rules do not apply."""

    decision: RoutingDecision
    passed: tuple[PassedRule, ...]


@dataclass(frozen=True, slots=True)
class Rerouted:
    """An order that other rules would send elsewhere."""

    id: int
    before: RoutingDecision
    after: RoutingDecision


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of rules would do to orders: how many there were, and those that would go elsewhere."""

    orders: int
    rerouted: tuple[Rerouted, ...]

    @property
    def ways(self) -> Counter[tuple[str, str]]:
        """How many orders would go from one place to another."""
        return Counter((place_text(found.before), place_text(found.after)) for found in self.rerouted)


def explain(facts: OrderFacts, router: Router, stock: StockView) -> Explanation:
    """Return what the rules say of an order, as if no other order waited for the same stock."""
    unmet: dict[int, str] = {}
    [decision] = decide([facts], router, stock, on_unmet=unmet.__setitem__)
    took = set(decision.rules)
    passed = [
        PassedRule(rule.name, unmet.get(number, ""))
        for number, rule in enumerate(router.rules)
        if rule.name not in took
    ]
    return Explanation(decision, tuple(passed))


def compare_routing(orders: Iterable[OrderFacts], before: Router, after: Router, stock: StockView) -> Preview:
    """Return which orders other rules would send elsewhere, each as if it were the only one: past stock is not kept."""
    count = 0
    rerouted = []
    for facts in orders:
        count += 1
        [old], [new] = decide([facts], before, stock), decide([facts], after, stock)
        if _places(old) != _places(new):
            rerouted.append(Rerouted(facts.id, old, new))
    return Preview(count, tuple(rerouted))


def place_text(decision: RoutingDecision) -> str:
    """Return where an order goes, in a few words."""
    if decision.hold is not None:
        return f"held by {decision.hold.rule}"
    if decision.waits:
        return "waits"
    names = [
        *(name or "the only warehouse" for name in decision.warehouses),
        *(["nobody"] if decision.nobody else []),
    ]
    return " + ".join(names) or "nowhere"


def _places(decision: RoutingDecision) -> tuple[object, ...]:
    """Return what makes two decisions the same for a merchant, whichever rule made them."""
    return decision.parts, decision.nobody, bool(decision.waits), decision.hold and decision.hold.rule
