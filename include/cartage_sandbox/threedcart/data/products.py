"""The store's products: SKUs, stock, options with SKUs of their own (3dcart-api.md section 7).

Stock changes are absolute, as in the API, except for the return of a cancelled order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.generate.shapes import Json
from cartage_sandbox.threedcart.wire.messages import encode


class Goods:
    """All products, ascending by CatalogID. Their JSON is cached until they change."""

    def __init__(self) -> None:
        self._products: dict[int, Json] = {}
        self._bodies: dict[int, bytes] = {}

    def __contains__(self, catalog_id: object) -> bool:
        return catalog_id in self._products

    def ids(self) -> list[int]:
        """Return all CatalogIDs, ascending."""
        return sorted(self._products)

    def next_id(self) -> int:
        """Return the CatalogID that the next product gets."""
        return max(self._products, default=0) + 1

    def put(self, product: Json) -> int:
        """Add or replace a product by its SKUInfo.CatalogID, and return that."""
        catalog_id = int(product["SKUInfo"]["CatalogID"])
        self._products[catalog_id] = product
        self._bodies.pop(catalog_id, None)
        return catalog_id

    def remove(self, catalog_id: int) -> None:
        """Remove a product, as the store's owner may. Raises KeyError."""
        del self._products[catalog_id]
        self._bodies.pop(catalog_id, None)

    def get(self, catalog_id: int) -> Json:
        """Return a product. After a change, call `put`. Raises KeyError."""
        return self._products[catalog_id]

    def bodies(self, ids: Sequence[int]) -> list[bytes]:
        """Return whole products as JSON."""
        for each in ids:
            if each not in self._bodies:
                self._bodies[each] = encode(self._products[each])
        return [self._bodies[each] for each in ids]

    def sku_bodies(self, ids: Sequence[int]) -> list[bytes]:
        """Return SKU rows as JSON."""
        return [encode(self._products[each]["SKUInfo"]) for each in ids]

    def with_sku(self, sku: str) -> int | None:
        """Return the first product with this SKU; the store does not keep SKUs unique."""
        return next((key for key, each in self._products.items() if each["SKUInfo"]["SKU"] == sku), None)

    def options(self, catalog_id: int) -> list[Json]:
        """Return a product's advanced options. Raises KeyError."""
        return dicts(self._products[catalog_id].get("AdvancedOptionList"))

    def stock(self, catalog_id: int, sku: str) -> float:
        """Return the stock of the option with this SKU, else of the product. Raises KeyError."""
        option = self._option(catalog_id, sku)
        found = option["AdvancedOptionStock"] if option else self._products[catalog_id]["SKUInfo"]["Stock"]
        return float(found or 0)

    def add_stock(self, catalog_id: int, sku: str, quantity: float) -> bool:
        """Add to, or take from, the stock of the option with this SKU, else of the product. False if it is unknown."""
        if catalog_id not in self._products:
            return False
        option = self._option(catalog_id, sku)
        if option is not None:
            option["AdvancedOptionStock"] += int(quantity)
        else:
            info = self._products[catalog_id]["SKUInfo"]
            info["Stock"] = float(info["Stock"] or 0) + quantity
        self.put(self._products[catalog_id])
        return True

    def _option(self, catalog_id: int, sku: str) -> Json | None:
        found = (each for each in self.options(catalog_id) if sku and each["AdvancedOptionSufix"] == sku)
        return next(found, None)

    def rebuild_options(self, catalog_id: int) -> dict[str, str]:
        """Renumber a product's options, as a merchant's rebuild does. Return the new codes by the old ones."""
        product = self._products[catalog_id]
        shift = 1 + max((_largest(each) for each in self._products.values()), default=0)
        renamed: dict[str, str] = {}
        for option in dicts(product.get("AdvancedOptionList")):
            old = str(option["AdvancedOptionCode"])
            option["AdvancedOptionCode"] = renamed[old] = "-".join(
                str(int(each) + shift) for each in old.split("-")
            )
        for each in _plain_options(product):
            each["OptionID"] += shift
        self.put(product)
        return renamed


def _plain_options(product: Json) -> list[Json]:
    return [each for group in dicts(product.get("OptionSetList")) for each in dicts(group.get("OptionList"))]


def _largest(product: Json) -> int:
    codes: list[Any] = [each["AdvancedOptionCode"] for each in dicts(product.get("AdvancedOptionList"))]
    numbers = [int(part) for code in codes for part in str(code).split("-") if part.isdigit()]
    return max([*numbers, *(int(each["OptionID"]) for each in _plain_options(product))], default=0)
