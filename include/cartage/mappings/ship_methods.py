"""Look up a store's ship method: its text gives the warehouse's carrier and service. Pure.

The text is compared exactly, then by letters and digits, then with patterns in their order. The first match wins.
A rule may have the text as people read it, or as the store sends it, with entities, markup and damaged encoding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule
from cartage.model.orders import ShipMethod
from cartage.model.texts import comparable, label
from cartage.model.wildcards import as_compared, as_regex


def normalised(text: str) -> str:
    """Return a name without case, accents, spacing and punctuation: `UPS® Ground (5-7 days)` -> `upsground57days`."""
    decomposed = unicodedata.normalize("NFKD", comparable(text, name=True))
    return "".join(character for character in decomposed if character.isalnum())


class ShipMethodTable:
    """The ship methods of one lane. Each text is matched once, however many orders have it."""

    def __init__(self, rules: Iterable[MethodRule]) -> None:
        self._exact: dict[str, ShipMethod] = {}
        self._normalised: dict[str, ShipMethod] = {}
        patterns: list[MethodRule] = []
        for rule in rules:
            if rule.match is TextMatch.PATTERN:
                patterns.append(rule)
                continue
            self._exact.setdefault(label(rule.store), rule.method)
            # A text without letters and digits would become empty and match every empty text.
            if rule.match is TextMatch.NORMALISED and (plain := normalised(rule.store)):
                self._normalised.setdefault(plain, rule.method)
        self._patterns = _Patterns(sorted(patterns, key=lambda rule: rule.order))
        self._found: dict[str, ShipMethod | None] = {}

    def find(self, text: str) -> ShipMethod | None:
        """Return the warehouse's method for the store's text, or None if it is not mapped."""
        if text not in self._found:
            exact = self._exact.get(label(text)) or self._normalised.get(normalised(text))
            self._found[text] = exact or self._patterns.find(text)
        return self._found[text]


class _Patterns:
    """All patterns as one regular expression: a thousand patterns cost one match."""

    def __init__(self, rules: Iterable[MethodRule]) -> None:
        kept = list(rules)
        self._methods = [rule.method for rule in kept]
        self._every = re.compile("|".join(f"({as_regex(rule.store)})" for rule in kept), re.DOTALL)

    def find(self, text: str) -> ShipMethod | None:
        found = self._every.fullmatch(as_compared(text)) if self._methods else None
        return self._methods[found.lastindex - 1] if found and found.lastindex else None
