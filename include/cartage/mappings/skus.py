"""Look up a store's SKU: itself, unless a rule makes it an alias, a pack or a kit. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cartage.mappings.rules import Part, SkuRule
from cartage.model.skus import folded


class SkuTable:
    """The SKU rules of one lane, ready for look-ups."""

    def __init__(self, rules: Iterable[SkuRule]) -> None:
        self._parts = {folded(rule.store): rule.parts for rule in rules if folded(rule.store)}

    def parts(self, sku: str) -> tuple[Part, ...]:
        """Return what one unit of the store's SKU is at the warehouse; the SKU itself if no rule maps it."""
        return self._parts.get(folded(sku)) or (Part(sku),)

    def targets(self, skus: Iterable[str]) -> list[str]:
        """Return every SKU that the warehouse must know for these SKUs of the store, each once."""
        return list(dict.fromkeys(part.sku for sku in skus for part in self.parts(sku)))
