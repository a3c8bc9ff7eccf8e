"""Which rules can apply to an order, found by what they test rather than by trying each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TypeVar

from cartage.lanes.settings.several.postal_codes import code_letters
from cartage.model.wildcards import as_compared, matches
from cartage.routing.conditions import RuleConditions
from cartage.routing.facts import OrderFacts

Key = TypeVar("Key", int, str)

_WILDCARDS = frozenset("*?")


class RuleIndex:
    """Rules by one of their conditions each, the one that fewest orders meet. Others are always tried."""

    def __init__(self, rules: Sequence[RuleConditions]) -> None:
        self._always: list[int] = []
        self._skus = _Patterns()
        self._methods = _Patterns()
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
        if rule.skus:
            self._skus.add(number, rule.skus)
        elif rule.store_warehouses:
            _note(self._stores, rule.store_warehouses, number)
        elif rule.postal_codes:
            for first, last in rule.postal_codes:
                self._codes.add(number, _common(first, last))
        elif rule.states:
            _note(self._states, rule.states, number)
        elif rule.ship_methods:
            self._methods.add(number, rule.ship_methods)
        elif rule.countries:
            _note(self._countries, rule.countries, number)
        else:
            self._always.append(number)


class _Beginnings:
    """Rules by the beginnings of the texts that they test."""

    def __init__(self) -> None:
        self._rules: dict[str, list[int]] = defaultdict(list)
        self._lengths: list[int] = []

    def add(self, number: int, beginning: str) -> None:
        """Add a rule for texts with this beginning."""
        self._rules[beginning].append(number)
        self._lengths = sorted({*self._lengths, len(beginning)})

    def find(self, text: str) -> Iterable[int]:
        """Yield the rules for a text; one may come more than once."""
        for length in self._lengths:
            if length <= len(text):
                yield from self._rules.get(text[:length], ())


class _Patterns:
    """Rules by the patterns that they test: as whole texts, by what they begin or end with, or as they are."""

    def __init__(self) -> None:
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._beginnings, self._endings = _Beginnings(), _Beginnings()
        self._others: list[tuple[int, str]] = []
        self._known: dict[str, list[int]] = {}

    def add(self, number: int, patterns: Iterable[str]) -> None:
        """Add a rule for texts that match one of these patterns."""
        for pattern in patterns:
            if _WILDCARDS.isdisjoint(pattern):
                self._whole[pattern].append(number)
            elif beginning := _literal(pattern):
                self._beginnings.add(number, beginning)
            elif ending := _literal(pattern[::-1]):
                self._endings.add(number, ending)
            else:
                self._others.append((number, pattern))

    def find(self, text: str) -> Iterable[int]:
        """Return the rules for a text `as_compared`; one may come more than once. A text is looked up once."""
        if (known := self._known.get(text)) is None:
            others = (number for number, pattern in self._others if matches(pattern, text))
            known = self._known[text] = [
                *self._whole.get(text, ()),
                *self._beginnings.find(text),
                *self._endings.find(text[::-1]),
                *others,
            ]
        return known


def _note(table: dict[Key, list[int]], keys: Iterable[Key], number: int) -> None:
    for key in keys:
        table[key].append(number)


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
