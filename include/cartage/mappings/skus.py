"""SKUs: the store's to the warehouse's. Identity unless a rule says otherwise: alias, pack size, kit."""

from __future__ import annotations

from collections.abc import Iterable

from cartage.mappings.rules import Part, SkuRule
from cartage.model.skus import folded


class SkuTable:
    """The SKU rules of one lane."""

    def __init__(self, rules: Iterable[SkuRule]) -> None:
        self._parts = {folded(rule.store): rule.parts for rule in rules if folded(rule.store)}

    def parts(self, sku: str) -> tuple[Part, ...]:
        """What one unit of the store's SKU is at the warehouse; itself, if no rule says otherwise."""
        return self._parts.get(folded(sku)) or (Part(sku),)

    def targets(self, skus: Iterable[str]) -> list[str]:
        """Every SKU that the warehouse must know for these of the store; each once."""
        return list(dict.fromkeys(part.sku for sku in skus for part in self.parts(sku)))
