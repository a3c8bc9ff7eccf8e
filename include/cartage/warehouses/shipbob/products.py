"""Look up items in ShipBob's catalogue: what may be ordered, and what a bundle is made of.

An order that names an unknown product reference creates a product (V, connectors.md section 2.2). So every SKU is
looked up before an order leaves. What was found is kept for a while; what was not found is looked up again each time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cartage.warehouses.shipbob import wire
from cartage.warehouses.shipbob.client import RowsPage, ShipBobClient
from cartage.warehouses.shipbob.settings import ProductReference, ShipBobSettings

PATH = "/product"
PAGE_SIZE = 250  # the largest that the OpenAPI description allows
# From that many on, reading the whole list takes fewer calls.
_MOST_LOOKUPS = 8
# UNVERIFIED: the words of a variant's status. What is not one of these can be ordered.
_INACTIVE = frozenset({"inactive", "archived", "deactivated", "deleted", "merged"})


@dataclass(frozen=True, slots=True)
class Composition:
    """What lies on the shelf for one unit of a bundle: inventory item -> quantity. Empty if the item is no bundle."""

    parts: Mapping[str, Decimal]

    def units(self, picked: Mapping[str, Decimal]) -> Decimal | None:
        """Return how many units of the item were picked; None if that is no whole number of them."""
        if not self.parts:
            return sum(picked.values(), Decimal(0))
        if picked.keys() != self.parts.keys():
            return None
        units = {quantity / self.parts[item] for item, quantity in picked.items()}
        [number, *others] = units
        return number if not others and number == int(number) else None


class Products:
    """The catalogue of an account. Threads may share it."""

    def __init__(
        self, client: ShipBobClient, settings: ShipBobSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._settings = settings
        self._channel = str(settings.channel_id)
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, wire.Variant]] = {}
        self._inventory_ids: dict[str, str] = {}

    def pages(self) -> Iterator[RowsPage[wire.Product]]:
        """Yield the whole catalogue.

        Raises:
            RemoteError: if it cannot be read.
        """
        return self._client.linked_pages(PATH, wire.Product, {"PageSize": PAGE_SIZE})

    def name_of(self, variant: wire.Variant) -> str:
        """Return what orders call a variant; empty if they cannot name it."""
        if self._settings.product_reference is ProductReference.SKU:
            return variant.sku
        names = (entry.seller_sku for entry in variant.channel_metadata if entry.channel_id == self._channel)
        return next(filter(None, names), "")

    def found(self, names: Collection[str]) -> dict[str, wire.Variant]:
        """Return the items with exactly these names; of two with one name, an active one.

        Raises:
            RemoteError: if the catalogue cannot be read.
        """
        since = self._clock() - self._settings.catalogue_check_age.total_seconds()
        with self._lock:
            known = {
                name: self._known[name][1]
                for name in names
                if name in self._known and self._known[name][0] >= since
            }
        missing = [name for name in dict.fromkeys(names) if name not in known]
        if not missing:
            return known
        read = self._clock()
        variants = self._whole() if len(missing) > _MOST_LOOKUPS else self._one_by_one(missing)
        fresh: dict[str, wire.Variant] = {}
        for variant in variants:
            name = self.name_of(variant)
            if name in missing and (name not in fresh or not is_active(fresh[name])):
                fresh[name] = variant
        with self._lock:
            self._known |= {name: (read, variant) for name, variant in fresh.items()}
        return known | fresh

    def compositions(self, names: Collection[str]) -> dict[str, Composition]:
        """Return what the items with these names are made of; those that are not known completely are left out.

        Raises:
            RemoteError: if the catalogue cannot be read.
        """
        found: dict[str, Composition] = {}
        for name, variant in self.found(names).items():
            parts: dict[str, Decimal] = {}
            for part in variant.bundle_definition:
                inventory_id = self._inventory_id(part.variant_id)
                parts[inventory_id] = parts.get(inventory_id, Decimal(0)) + part.quantity
            if "" not in parts and all(parts.values()):
                found[name] = Composition(parts)
        return found

    def _inventory_id(self, variant_id: str) -> str:
        """Return the inventory item behind a component; empty if it has none. It never becomes another one."""
        if variant_id not in self._inventory_ids:
            variants = self._variants({"VariantId": variant_id})
            found = {variant.id: variant.inventory.inventory_id for variant in variants}
            self._inventory_ids[variant_id] = found.get(variant_id, "")
        return self._inventory_ids[variant_id]

    def _whole(self) -> Iterator[wire.Variant]:
        return self._variants({})

    def _one_by_one(self, names: Collection[str]) -> Iterator[wire.Variant]:
        by_sku = self._settings.product_reference is ProductReference.SKU
        for name in names:
            yield from self._variants({"SKU" if by_sku else "SellerSKU": name})

    def _variants(self, query: dict[str, str]) -> Iterator[wire.Variant]:
        pages = self._client.linked_pages(PATH, wire.Product, {**query, "PageSize": PAGE_SIZE})
        for page in pages:
            for row in page.rows:
                yield from row.value.variants


def is_active(variant: wire.Variant) -> bool:
    """Return whether a variant can be ordered."""
    return variant.status.casefold() not in _INACTIVE
