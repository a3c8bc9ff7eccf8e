"""Mapping rules as plain values, wherever they are kept: a store's ship methods and SKUs, and what the warehouse calls
them. Pure: no I/O.

A rule holds from `valid_from` until just before `valid_until`, by the moment at which an order is judged; None is
without end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cartage.lanes.settings.mappings import TextMatch
from cartage.model.orders import ShipMethod
from cartage.model.skus import folded

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

# What two rules for the same thing have in common: the kind of rule, and the text as it is compared.
RuleKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """One item of the warehouse, and how many of it go into one of the store's SKU."""

    sku: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class MethodRule:
    """One ship method. `order` counts among patterns alone: the lowest that fits wins."""

    store: str
    method: ShipMethod
    match: TextMatch = TextMatch.NORMALISED
    order: int = 0
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def key(self) -> RuleKey:
        """Equal for rules that map the same text, or the same pattern."""
        if self.match is TextMatch.PATTERN:
            return "pattern", self.store.strip().casefold()
        return "ship method", self.store


@dataclass(frozen=True, slots=True)
class SkuRule:
    """One SKU of the store: an alias (one part), a pack (one part, several of it), or a kit."""

    store: str
    parts: tuple[Part, ...]
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def key(self) -> RuleKey:
        """Equal for SKUs that differ in letter case or blanks at the ends alone."""
        return "SKU", folded(self.store)


Rule = MethodRule | SkuRule


@dataclass(frozen=True, slots=True)
class Mappings:
    """The rules by which orders are judged at one moment; patterns in their order."""

    methods: tuple[MethodRule, ...] = ()
    skus: tuple[SkuRule, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Mappings:
        """These rules, patterns sorted by their order."""
        every = list(rules)
        methods = [one for one in every if isinstance(one, MethodRule)]
        return cls(
            tuple(sorted(methods, key=lambda one: one.order)),
            tuple(one for one in every if isinstance(one, SkuRule)),
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them."""
        return self.methods + self.skus


def in_force_at(rule: Rule, moment: datetime) -> bool:
    """Whether the rule is in force at this moment."""
    begun = rule.valid_from is None or rule.valid_from <= moment
    return begun and (rule.valid_until is None or moment < rule.valid_until)


def rules_overlap(one: Rule, other: Rule) -> bool:
    """Whether there is a moment at which both are in force."""
    return _before(one.valid_from, other.valid_until) and _before(other.valid_from, one.valid_until)


def _before(start: datetime | None, end: datetime | None) -> bool:
    return start is None or end is None or start < end


def mappings_in_file(lane: Lane) -> Mappings:
    """The rules that stand in the lanes file; patterns have their place there as their order."""
    methods = tuple(
        MethodRule(
            one.store,
            ShipMethod(one.carrier, one.service, one.billing, one.account, one.scac),
            one.match,
            place if one.match is TextMatch.PATTERN else 0,
        )
        for place, one in enumerate(lane.ship_methods, 1)
    )
    skus = tuple(
        SkuRule(sku.store, tuple(Part(part.sku, part.quantity) for part in sku.parts)) for sku in lane.skus
    )
    return Mappings.of(methods + skus)


def rule_text(rule: Rule) -> str:
    """The rule in one line for people: `ship method 'Ground' -> UPS Ground`, `SKU 'MUG-6' -> 6 x MUG`."""
    if isinstance(rule, MethodRule):
        what = f"{rule.key[0]} {rule.store!r}"
        target = " ".join(filter(None, (rule.method.carrier, rule.method.service)))
    else:
        what, target = f"SKU {rule.store!r}", parts_text(rule.parts)
    since = f" from {rule.valid_from:%F %H:%M} UTC" if rule.valid_from else ""
    until = f" until {rule.valid_until:%F %H:%M} UTC" if rule.valid_until else ""
    return f"{what} -> {target}{since}{until}"


def parts_text(parts: Iterable[Part]) -> str:
    """Parts as people write them, and files hold them: `MUG`, `6 x MUG`, `1 x MUG + 2 x SPOON`."""
    several = list(parts)
    if len(several) == 1 and several[0].quantity == 1:
        return several[0].sku
    return " + ".join(f"{one.quantity} x {one.sku}" for one in several)
