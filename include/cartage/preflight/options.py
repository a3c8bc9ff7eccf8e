"""Options whose stock nobody can track: no SKU of their own, or a store that does not say what to do at zero. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cartage.preflight.findings import FindingKind

if TYPE_CHECKING:
    from cartage.storefront.catalogue import Product

# 3dcart-api.md, section 7: `show_out_stock` is -1 by default, 0 if it was never defined.
_UNSET = 0


@dataclass(frozen=True, slots=True)
class TrackingGap:
    """One product, or one of its combinations of options, and what is odd about it."""

    kind: FindingKind
    subject: str
    sku: str


def tracking_gaps(product: Product) -> Iterator[TrackingGap]:
    """What is odd about a product's options and stock."""
    name = f"{product.info.name or 'product'} (CatalogID {product.info.catalog_id})"
    for option in product.options:
        if not option.sku:
            chosen = option.name or f"options {option.code}"
            yield TrackingGap(FindingKind.OPTION_WITHOUT_SKU, f"{name}, {chosen}", product.info.sku)
    if _choices_show_nowhere(product):
        yield TrackingGap(FindingKind.CHOICES_WITHOUT_SKUS, name, product.info.sku)
    if product.inventory_control == _UNSET:
        yield TrackingGap(FindingKind.STOCK_BEHAVIOUR_UNSET, name, product.info.sku)


def _choices_show_nowhere(product: Product) -> bool:
    """A product with choices, none of which has an option SKU, a part number, or another product behind it."""
    choices = any(len(part_number) > 1 for part_number in product.part_numbers)
    return choices and not product.options and not product.bundle and not any(map(any, product.part_numbers))
