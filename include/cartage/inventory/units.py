"""What one unit of each of the store's SKUs takes from the warehouse: by the store's catalogue and the lane's mappings.

The one seam between the store's names and the warehouse's in all that concerns stock, in both directions: what is on
shelves is seen through it, and what orders have taken too.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from cartage.inventory.availability import Units, UnitsOf, same_sku
from cartage.mappings.skus import SkuTable
from cartage.model.skus import folded


class StockUnits(Protocol):
    """What a SKU of the store takes from the warehouse."""

    def units(self, sku: str) -> Units:
        """SKU of the warehouse -> how many of it one unit takes; empty where that cannot be said."""
        ...


def mapped_units(skus: SkuTable) -> UnitsOf:
    """What a good is at the warehouse by the lane's rules for SKUs: an alias, a pack, a kit, or itself."""

    def units(sku: str) -> Units:
        taken: dict[str, Decimal] = {}
        for part in skus.parts(sku):
            taken[part.sku] = taken.get(part.sku, Decimal(0)) + part.quantity
        return taken

    return units


class CatalogueUnits:
    """Kits are made of the products that their options stand for; `at_warehouse` says what any other good is there."""

    def __init__(self, at_warehouse: UnitsOf = same_sku) -> None:
        self._at_warehouse = at_warehouse
        self._own: dict[int, str] = {}
        self._has_options: set[int] = set()
        self._kits: dict[str, Mapping[int, Decimal]] = {}

    def add_product(self, catalog_id: int, sku: str, *, has_options: bool) -> None:
        """Know a product, of which a kit may be made. One with options is several goods: which is meant is not told."""
        self._own[catalog_id] = sku
        if has_options:
            self._has_options.add(catalog_id)

    def add_kit(self, sku: str, components: Mapping[int, Decimal]) -> None:
        """Know a kit, by the CatalogIDs of its components and how many of each it holds."""
        self._kits[folded(sku)] = components

    def units(self, sku: str) -> Units:
        """What the components of a kit are, if each is one known good; what the good is for any other SKU."""
        components = self._kits.get(folded(sku))
        if components is None:
            return self._at_warehouse(sku)
        taken: dict[str, Decimal] = {}
        for catalog_id, each in components.items():
            name = self._own.get(catalog_id, "")
            if not name or catalog_id in self._has_options or folded(name) in self._kits or each <= 0:
                return {}
            for part, many in self._at_warehouse(name).items():
                taken[part] = taken.get(part, Decimal(0)) + each * many
        return taken
