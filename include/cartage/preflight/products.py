"""What the store's products sell: the SKUs that an order can carry, and options that no stock is kept for. Pure.

3dcart-api.md, section 4.2 ("SKU rule"): an option's own SKU replaces the product's; part numbers are appended to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from itertools import product as every_choice
from typing import TYPE_CHECKING

from cartage.model.wildcards import matches
from cartage.preflight.findings import FindingKind

if TYPE_CHECKING:
    from cartage.lanes.settings.store import Exclude
    from cartage.mappings.skus import SkuTable
    from cartage.storefront.catalogue import Product

# Choices multiply. A product that makes more SKUs than this out of part numbers is not compared.
MOST_CHOICES = 500
# 3dcart-api.md, section 7: `show_out_stock` is -1 by default, and 0 if it was never set.
_UNSET = 0


@dataclass(frozen=True, slots=True)
class StoreSku:
    """A SKU that an order can carry. `written` has the store's blanks; `product` is its name for people."""

    sku: str
    written: str
    product: str
    hidden: bool
    weight: Decimal
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class WarehouseSku:
    """An item of the warehouse; `written` has the warehouse's blanks."""

    sku: str
    written: str
    active: bool


@dataclass(frozen=True, slots=True)
class TrackingGap:
    """A product, or one of its combinations of options, whose stock cannot be tracked."""

    kind: FindingKind
    subject: str
    sku: str


def sellable_skus(product: Product, *, bundle_parents: bool) -> Iterator[StoreSku]:
    """Yield the SKUs that lines of this product can carry; of a bundle only if the lane ships its parent.

    A combination of options without a SKU of its own leaves the line with the product's SKU. A product that makes more
    than `MOST_CHOICES` SKUs out of part numbers yields only its own SKU, marked `too_many`.
    """
    base = StoreSku(
        product.info.sku,
        product.info.written or product.info.sku,
        _name(product),
        product.hidden,
        product.weight,
    )
    if product.bundle and not bundle_parents:
        return
    if product.options:
        for option in product.options:
            if option.sku:
                name = f"{base.product}, {option.name}" if option.name else base.product
                weight = option.weight or product.weight
                yield StoreSku(option.sku, option.written or option.sku, name, product.hidden, weight)
        if any(not option.sku for option in product.options):
            yield base
        return
    yield from _with_part_numbers(base, product.part_numbers)


def without_excluded(skus: Iterable[StoreSku], exclude: Exclude) -> list[StoreSku]:
    """Return the SKUs without the lane's exclusions, as far as a product shows them."""
    return [
        sku
        for sku in skus
        if not is_excluded(sku.sku, exclude) and not (exclude.weightless and not sku.weight)
    ]


def mapped_skus(skus: Iterable[StoreSku], rules: SkuTable) -> list[StoreSku]:
    """Return what the warehouse must know for these SKUs by the lane's rules; without a rule a SKU stays unchanged."""
    found = []
    for sku in skus:
        parts = [part.sku for part in rules.parts(sku.sku)]
        unchanged = parts == [sku.sku]
        found += [sku] if unchanged else [replace(sku, sku=part, written=part) for part in parts]
    return found


def is_excluded(sku: str, exclude: Exclude) -> bool:
    """Return whether the lane leaves this SKU to other shippers."""
    return any(matches(pattern, sku) for pattern in exclude.skus)


def tracking_gaps(product: Product) -> Iterator[TrackingGap]:
    """Yield options without a SKU, choices that the SKU does not show, and stock without an out-of-stock rule."""
    name = _name(product)
    for option in product.options:
        if not option.sku:
            chosen = option.name or f"options {option.code}"
            yield TrackingGap(FindingKind.OPTION_WITHOUT_SKU, f"{name}, {chosen}", product.info.sku)
    if _has_unshown_choices(product):
        yield TrackingGap(FindingKind.CHOICES_WITHOUT_SKUS, name, product.info.sku)
    if product.inventory_control == _UNSET:
        yield TrackingGap(FindingKind.STOCK_BEHAVIOUR_UNSET, name, product.info.sku)


def _has_unshown_choices(product: Product) -> bool:
    """Return whether the product has choices without an option SKU, a part number or a product of their own."""
    choices = any(len(part_number) > 1 for part_number in product.part_numbers)
    return choices and not product.options and not product.bundle and not any(map(any, product.part_numbers))


def _with_part_numbers(base: StoreSku, sets: Sequence[Sequence[str]]) -> Iterator[StoreSku]:
    """Yield the product's SKU with each combination of part numbers; choices without one add nothing."""
    adding = [list(dict.fromkeys(choices)) for choices in sets if any(choices)]
    made = list(dict.fromkeys("".join(parts) for parts in islice(every_choice(*adding), MOST_CHOICES + 1)))
    if len(made) > MOST_CHOICES:
        yield replace(base, too_many=True)
        return
    for parts in made:
        yield replace(base, sku=base.sku + parts, written=base.written + parts)


def _name(product: Product) -> str:
    return f"{product.info.name or 'product'} (CatalogID {product.info.catalog_id})"
