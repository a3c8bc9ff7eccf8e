"""Units: what one unit of a store's SKU takes from the warehouse, by the store's kits and the lane's mappings.

This is the only place where stock crosses from the store's names to the warehouse's, for shelves and orders alike.
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
        """Return warehouse SKU -> quantity that one unit takes; empty where that is not known."""
        ...


def mapped_units(skus: SkuTable) -> UnitsOf:
    """Return what a product is at the warehouse by the lane's SKU mappings: an alias, a pack, a kit, or itself."""

    def units(sku: str) -> Units:
        taken: dict[str, Decimal] = {}
        for part in skus.parts(sku):
            taken[part.sku] = taken.get(part.sku, Decimal(0)) + part.quantity
        return taken

    return units


class CatalogueUnits:
    """Resolves kits to the products that their options stand for; `at_warehouse` resolves any other product."""

    def __init__(self, at_warehouse: UnitsOf = same_sku) -> None:
        self._at_warehouse = at_warehouse
        self._own: dict[int, str] = {}
        self._has_options: set[int] = set()
        self._kits: dict[str, Mapping[int, Decimal]] = {}

    def add_product(self, catalog_id: int, sku: str, *, has_options: bool) -> None:
        """Add a product that a kit may contain. One with options is several products: a kit cannot name one."""
        self._own[catalog_id] = sku
        if has_options:
            self._has_options.add(catalog_id)

    def add_kit(self, sku: str, components: Mapping[int, Decimal]) -> None:
        """Add a kit by the CatalogIDs of its components and the quantity of each."""
        self._kits[folded(sku)] = components

    def lines_of(self, sku: str) -> tuple[str, ...]:
        """Return the SKUs that an order of this one has lines of: those of a kit's components, or itself."""
        components = self._kits.get(folded(sku))
        if components is None:
            return (sku,)
        return tuple(name for catalog_id in components if (name := self._own.get(catalog_id, "")))

    def units(self, sku: str) -> Units:
        """Return what a kit's components take, if each is a single known product, or what any other product takes."""
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
