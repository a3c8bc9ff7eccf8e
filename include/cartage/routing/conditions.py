"""The conditions of one routing rule in the form in which they are compared. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from cartage.addresses import country_code
from cartage.addresses.regions import region_code
from cartage.lanes.settings.several.postal_codes import code_letters, code_range
from cartage.lanes.settings.several.routing import RoutingConditions
from cartage.model.wildcards import as_compared, matches
from cartage.routing.facts import LineFacts, OrderFacts

_WITH_CODES = ("US", "CA", "AU")
Matches = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class RuleConditions:
    """What a line and its group must meet, all of it; an empty collection or None asks for nothing.

    Patterns and texts are `as_compared`; postal codes are first and last beginnings of the same length.
    """

    skus: tuple[str, ...]
    store_warehouses: frozenset[int]
    countries: frozenset[str]
    states: frozenset[str]
    postal_codes: tuple[tuple[str, str], ...]
    ship_methods: tuple[str, ...]
    amount: tuple[Decimal | None, Decimal | None]
    weight: tuple[Decimal | None, Decimal | None]
    first_order: bool | None
    in_stock: tuple[str, ...]

    @classmethod
    def of(cls, when: RoutingConditions) -> RuleConditions:
        """Return the conditions of a rule."""
        countries = frozenset(map(country_code, when.countries))
        return cls(
            skus=tuple(map(as_compared, when.skus)),
            store_warehouses=frozenset(when.store_warehouses),
            countries=countries,
            states=frozenset(code for state in when.states for code in _states(state, countries)),
            postal_codes=tuple(map(code_range, when.postal_codes)),
            ship_methods=tuple(map(as_compared, when.ship_methods)),
            amount=(when.amount_from, when.amount_below),
            weight=(when.weight_from, when.weight_below),
            first_order=when.first_order,
            in_stock=when.in_stock,
        )

    def unmet_by_group(self, facts: OrderFacts, like: Matches = matches) -> str:
        """Return the first condition that the whole group does not meet, by its setting's name; empty if none."""
        if unmet := self._unmet_by_place(facts):
            return unmet
        if self.first_order is not None and facts.is_first is not self.first_order:
            return "first_order"
        if not _within(self.amount, facts.amount):
            return "amount"
        if self.weight != (None, None) and not _within(self.weight, facts.weight):
            return "weight"
        if self.ship_methods and not any(like(pattern, facts.ship_method) for pattern in self.ship_methods):
            return "ship_methods"
        return ""

    def _unmet_by_place(self, facts: OrderFacts) -> str:
        if self.countries and self.countries.isdisjoint(facts.countries):
            return "countries"
        if self.states and facts.state not in self.states:
            return "states"
        if self.postal_codes and not _has_code(self.postal_codes, facts.postal_code):
            return "postal_codes"
        return ""

    def unmet_by_line(self, line: LineFacts, like: Matches = matches) -> str:
        """Return the first condition that the line does not meet, by its setting's name; empty if none."""
        if self.store_warehouses and line.store_warehouse_id not in self.store_warehouses:
            return "store_warehouses"
        if self.skus and not any(like(pattern, line.sku) for pattern in self.skus):
            return "skus"
        return ""


def _states(text: str, countries: frozenset[str]) -> set[str]:
    """Return the codes that a state may have: `California` is CA. A code of three countries is that of all."""
    return {
        text.strip().upper(),
        *(region_code(country, text).upper() for country in countries or _WITH_CODES),
    }


def _has_code(ranges: tuple[tuple[str, str], ...], postal_code: str) -> bool:
    letters = code_letters(postal_code)
    return any(
        len(letters) >= len(first) and first <= letters[: len(first)] <= last for first, last in ranges
    )


def _within(limits: tuple[Decimal | None, Decimal | None], value: Decimal | None) -> bool:
    first, below = limits
    if value is None:
        return False
    return (first is None or value >= first) and (below is None or value < below)
