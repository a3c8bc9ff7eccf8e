"""Mapping rules as plain values: a store's ship methods and SKUs, and what they are at the warehouse. Pure.

A rule is in force from `valid_from` until just before `valid_until`, compared with the time at which an order is
judged. None means without limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from cartage.lanes.settings.mappings import TextMatch
from cartage.model.orders import ShipMethod
from cartage.model.skus import folded
from cartage.model.texts import label
from cartage.model.wildcards import as_compared, matches

# Equal for two rules for the same thing: the kind of rule, the text as it is compared, and whose rule it is.
RuleKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """One item of the warehouse, and how many of it make one unit of the store's SKU."""

    sku: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class MethodRule:
    """A rule for a ship method. `order` applies only to patterns: the lowest one that matches wins.

    `warehouse` is the one of several whose rule it is; empty for all of the lane's.
    """

    store: str
    method: ShipMethod
    match: TextMatch = TextMatch.NORMALISED
    order: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    warehouse: str = ""

    @property
    def key(self) -> RuleKey:
        """Equal for rules that map the same text, or the same pattern."""
        if self.match is TextMatch.PATTERN:
            return "pattern", as_compared(self.store), self.warehouse
        return "ship method", label(self.store), self.warehouse


@dataclass(frozen=True, slots=True)
class SkuRule:
    """A rule for a SKU of the store: an alias (one part), a pack (several of one part), or a kit (several parts).

    `warehouse` is as in `MethodRule`.
    """

    store: str
    parts: tuple[Part, ...]
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    warehouse: str = ""

    @property
    def key(self) -> RuleKey:
        """Equal for SKUs that are compared as the same."""
        return "SKU", folded(self.store), self.warehouse


Rule = MethodRule | SkuRule


@dataclass(frozen=True, slots=True)
class Mappings:
    """The rules by which orders are judged at one moment; patterns are sorted by their order.

    Those of a lane with several warehouses have the rules of all of them; `at` returns what counts at one.
    """

    methods: tuple[MethodRule, ...] = ()
    skus: tuple[SkuRule, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Mappings:
        """Return the mappings of these rules."""
        all_rules = list(rules)
        methods = [rule for rule in all_rules if isinstance(rule, MethodRule)]
        return cls(
            tuple(sorted(methods, key=lambda rule: rule.order)),
            tuple(rule for rule in all_rules if isinstance(rule, SkuRule)),
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules."""
        return self.methods + self.skus

    def at(self, warehouse: str) -> Mappings:
        """Return the rules that count at one warehouse: its own, then those for all, without what its own replace.

        A rule of its own takes the place of that for all for the same text; a pattern of its own, of every text for all
        that it matches. With an empty name: those for all.
        """
        own = [rule for rule in self.rules if rule.warehouse == warehouse]
        if not warehouse:
            return Mappings.of(own)
        taken = {rule.key[:2] for rule in own}
        patterns = [rule for rule in own if isinstance(rule, MethodRule) and rule.match is TextMatch.PATTERN]
        last = max((rule.order for rule in patterns), default=0)
        shared = [
            _moved_behind(rule, last)
            for rule in self.rules
            if not rule.warehouse and rule.key[:2] not in taken and not _is_matched(rule, patterns)
        ]
        return Mappings.of([*own, *shared])


def _moved_behind(rule: Rule, last: int) -> Rule:
    """Return a rule that is tried after patterns with orders up to this one."""
    if isinstance(rule, MethodRule) and rule.match is TextMatch.PATTERN:
        return replace(rule, order=rule.order + last)
    return rule


def _is_matched(rule: Rule, patterns: Iterable[MethodRule]) -> bool:
    """Return whether one of these patterns takes the place of a rule for one text."""
    if not isinstance(rule, MethodRule) or rule.match is TextMatch.PATTERN:
        return False
    return any(matches(pattern.store, rule.store) for pattern in patterns)


def in_force_at(rule: Rule, moment: datetime) -> bool:
    """Return whether the rule is in force at this moment."""
    begun = rule.valid_from is None or rule.valid_from <= moment
    return begun and (rule.valid_until is None or moment < rule.valid_until)


def rules_overlap(rule: Rule, other: Rule) -> bool:
    """Return whether there is a moment at which both rules are in force."""
    return _is_before(rule.valid_from, other.valid_until) and _is_before(other.valid_from, rule.valid_until)


def next_pattern_order(rules: Iterable[Rule]) -> int:
    """Return an order after those of all patterns, with room to put others between."""
    return 10 + max((rule.order for rule in rules if isinstance(rule, MethodRule)), default=0)


def rule_text(rule: Rule) -> str:
    """Return the rule in one line for people: `ship method 'Ground' -> UPS Ground`, `SKU 'MUG-6' -> 6 x MUG`."""
    if isinstance(rule, MethodRule):
        what = f"{rule.key[0]} {rule.store!r}"
        target = rule.method.shown
    else:
        what, target = f"SKU {rule.store!r}", parts_text(rule.parts)
    since = f" from {rule.valid_from:%F %H:%M} UTC" if rule.valid_from else ""
    until = f" until {rule.valid_until:%F %H:%M} UTC" if rule.valid_until else ""
    where = f" at {rule.warehouse}" if rule.warehouse else ""
    return f"{what}{where} -> {target}{since}{until}"


def key_text(key: RuleKey) -> str:
    """Return what a rule is for: `SKU 'mug-6'`, with the warehouse whose rule it is."""
    kind, text, warehouse = key
    return f"{kind} {text!r}" + (f" at {warehouse}" if warehouse else "")


def parts_text(parts: Iterable[Part]) -> str:
    """Return parts as people and files write them: `MUG`, `6 x MUG`, `1 x MUG + 2 x SPOON`."""
    all_parts = list(parts)
    if len(all_parts) == 1 and all_parts[0].quantity == 1:
        return all_parts[0].sku
    return " + ".join(f"{part.quantity} x {part.sku}" for part in all_parts)


def _is_before(start: datetime | None, end: datetime | None) -> bool:
    return start is None or end is None or start < end
