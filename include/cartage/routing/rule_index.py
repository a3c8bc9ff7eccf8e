"""Which rules can apply to an order, found by what they test rather than by trying each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from cartage.lanes.settings.several.postal_codes import code_letters
from cartage.model.wildcards import as_compared
from cartage.routing.conditions import RuleConditions
from cartage.routing.facts import OrderFacts

_WILDCARDS = frozenset("*?")


class RuleIndex:
    """Rules by one of their conditions each, the one that fewest orders meet. Rules that have none are always tried."""

    def __init__(self, rules: Sequence[RuleConditions]) -> None:
        self._always: list[int] = []
        self._skus = _Beginnings()
        self._methods = _Beginnings()
        self._codes = _Beginnings()
        self._stores: dict[int, list[int]] = defaultdict(list)
        self._states: dict[str, list[int]] = defaultdict(list)
        self._countries: dict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(rules):
            self._add(number, rule)

    def candidates(self, facts: OrderFacts) -> list[int]:
        """Return the numbers of all rules that a line of the group may meet, in their order; some may not apply."""
        found = set(self._always)
        for line in facts.lines:
            found.update(self._stores.get(line.store_warehouse_id, ()))
            found.update(self._skus.find(as_compared(line.sku)))
        found.update(self._methods.find(as_compared(facts.ship_method)))
        found.update(self._codes.find(code_letters(facts.postal_code)))
        found.update(self._states.get(facts.state, ()))
        found.update(chain.from_iterable(self._countries.get(code, ()) for code in facts.countries))
        return sorted(found)

    def _add(self, number: int, rule: RuleConditions) -> None:
        if _all_begin(rule.skus):
            self._skus.add(number, map(_literal, rule.skus), rule.skus)
        elif rule.store_warehouses:
            for store in rule.store_warehouses:
                self._stores[store].append(number)
        elif rule.postal_codes:
            self._codes.add(number, (_common(first, last) for first, last in rule.postal_codes), ())
        elif rule.states:
            for state in rule.states:
                self._states[state].append(number)
        elif _all_begin(rule.ship_methods):
            self._methods.add(number, map(_literal, rule.ship_methods), rule.ship_methods)
        elif rule.countries:
            for country in rule.countries:
                self._countries[country].append(number)
        else:
            self._always.append(number)


class _Beginnings:
    """Rules by the beginnings of the texts that they test."""

    def __init__(self) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._rules: dict[str, list[int]] = defaultdict(list)
        self._lengths: list[int] = []

    def add(self, number: int, beginnings: Iterable[str], patterns: Sequence[str]) -> None:
        """Add a rule for texts with these beginnings; those of patterns without a wildcard are whole texts."""
        for place, beginning in enumerate(beginnings):
            whole = bool(patterns) and _WILDCARDS.isdisjoint(patterns[place])
            (self._exact if whole else self._rules)[beginning].append(number)
        self._lengths = sorted({len(beginning) for beginning in self._rules})

    def find(self, text: str) -> Iterable[int]:
        """Yield the rules for a text; one may come more than once."""
        yield from self._exact.get(text, ())
        for length in self._lengths:
            if length <= len(text):
                yield from self._rules.get(text[:length], ())


def _all_begin(patterns: Sequence[str]) -> bool:
    """Return whether there are patterns, and each begins with a character of its own."""
    return bool(patterns) and all(map(_literal, patterns))


def _literal(pattern: str) -> str:
    """Return what a pattern begins with before its first wildcard."""
    for place, char in enumerate(pattern):
        if char in _WILDCARDS:
            return pattern[:place]
    return pattern


def _common(first: str, last: str) -> str:
    """Return what all codes from the first to the last begin with."""
    for place, (one, other) in enumerate(zip(first, last, strict=True)):
        if one != other:
            return first[:place]
    return first
