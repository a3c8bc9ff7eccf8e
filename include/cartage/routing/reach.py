"""Which warehouses the rules can send a SKU to: those that may ship an order of this SKU alone. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from cartage.lanes.settings.several.routing import RoutingConditions
from cartage.routing.conditions import RuleConditions
from cartage.routing.facts import LineFacts, OrderFacts
from cartage.routing.router import compile_routing
from cartage.routing.rule_index import RuleIndex

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.several.routing import RoutingRule

_ONE = Decimal(1)


class RuleReach:
    """What the rules of a lane leave possible for each SKU. A lane with one warehouse sends everything there."""

    def __init__(self, lane: Lane) -> None:
        router = compile_routing(lane)
        self._rules, self._default = router.rules, router.default
        nothing = RuleConditions.of(RoutingConditions())
        self._of_skus = [number for number, rule in enumerate(self._rules) if rule.when.skus]
        self._conditions = [replace(nothing, skus=router.conditions[number].skus) for number in self._of_skus]
        self._index = RuleIndex(self._conditions)
        # Most SKUs are named by the same rules, or by none.
        self._found: dict[frozenset[int], frozenset[str]] = {}

    def warehouses(self, sku: str) -> frozenset[str]:
        """Return the warehouses that a rule, or the default, can send an order of this SKU to; none if others ship it.

        Rules are read as for any order: one whose only condition is the SKU leaves nothing to those after it.
        """
        line = LineFacts(0, sku, _ONE)
        met = frozenset(
            self._of_skus[place]
            for place in self._index.candidates(OrderFacts(0, (line,)))
            if not self._conditions[place].unmet_by_line(line)
        )
        found = self._found.get(met)
        if found is None:
            found = self._found[met] = self._reached(met)
        return found

    def _reached(self, met: frozenset[int]) -> frozenset[str]:
        reached: set[str] = set()
        for number, rule in enumerate(self._rules):
            # A hold ends, and the rules after it decide then.
            if rule.hold or (rule.when.skus and number not in met):
                continue
            reached.update(rule.warehouses)
            if _takes_always(rule):
                return frozenset(reached)
        return frozenset({*reached, self._default})


def _takes_always(rule: RoutingRule) -> bool:
    """Return whether a rule takes every line of the SKUs that it names."""
    return rule.when.model_copy(update={"skus": ()}) == RoutingConditions()
