"""What the rules say of an order and why, and what other rules would say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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

    def document(self, references: Mapping[int, str]) -> dict[str, Any]:
        """Return the preview as a JSON document; `references` are those of the orders by id."""
        return {
            "orders": self.orders,
            "elsewhere": [
                {
                    "reference": references[found.id],
                    "from": place_text(found.before),
                    "to": place_text(found.after),
                    "because": found.after.sentence,
                }
                for found in self.rerouted
            ],
        }


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


def compare_routing(
    orders: Iterable[OrderFacts], before: Router, after: Router, stock: StockView, *, in_order: bool = False
) -> Preview:
    """Return which orders other rules would send elsewhere.

    Each is decided as if it were the only one; with `in_order`, what one takes of the stock no later one gets.
    """
    facts = list(orders)
    if in_order:
        pairs = list(zip(decide(facts, before, stock), decide(facts, after, stock), strict=True))
    else:
        pairs = [(decide([each], before, stock)[0], decide([each], after, stock)[0]) for each in facts]
    rerouted = [Rerouted(old.id, old, new) for old, new in pairs if _places(old) != _places(new)]
    return Preview(len(facts), tuple(rerouted))


def place_text(decision: RoutingDecision) -> str:
    """Return where an order goes, in a few words."""
    if decision.hold is not None:
        return f"held by {decision.hold.rule}"
    if decision.waits and not decision.goes_ahead:
        return "waits"
    names = [
        *(name or "the only warehouse" for name in decision.warehouses),
        *(["nobody"] if decision.nobody else []),
    ]
    place = " + ".join(names)
    if decision.waits:
        return f"{place}; the rest waits" if place else "waits"
    return place or "nowhere"


def _places(decision: RoutingDecision) -> tuple[object, ...]:
    """Return what makes two decisions the same for a merchant, whichever rule made them."""
    return decision.parts, decision.nobody, bool(decision.waits), decision.hold and decision.hold.rule
