"""Which SKUs an order of the store can carry: products, options, part numbers, bundles. Pure.

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

if TYPE_CHECKING:
    from cartage.lanes.settings.store import Exclude
    from cartage.mappings.skus import SkuTable
    from cartage.storefront.catalogue import Product

# Choices multiply: a product with more SKUs than this out of part numbers is looked at no further.
MOST_CHOICES = 500


@dataclass(frozen=True, slots=True)
class StoreSku:
    """One SKU that an order can carry. `written` has the blanks that the store has; `product` names it to a person."""

    sku: str
    written: str
    product: str
    hidden: bool
    weight: Decimal
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class WarehouseSku:
    """One item of the warehouse; `written` has the blanks that the warehouse has."""

    sku: str
    written: str
    active: bool


def sellable_skus(product: Product, *, bundle_parents: bool) -> Iterator[StoreSku]:
    """The SKUs that lines of this product can carry; of a bundle only what this lane ships as its parent.

    A combination of options without a SKU of its own leaves the line with the product's. A product out of whose part
    numbers more than `MOST_CHOICES` SKUs can be made comes as its own SKU alone, marked `too_many`.
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


def without_excluded(sold: Iterable[StoreSku], exclude: Exclude) -> list[StoreSku]:
    """What is left once the lane's exclusions are taken out, as far as a product shows them."""
    return [
        one
        for one in sold
        if not is_excluded(one.sku, exclude) and not (exclude.weightless and not one.weight)
    ]


def mapped_skus(sold: Iterable[StoreSku], rules: SkuTable) -> list[StoreSku]:
    """What the warehouse must know for it, by the lane's SKU rules; what they do not name stays as it is."""
    found = []
    for one in sold:
        parts = [part.sku for part in rules.parts(one.sku)]
        same = parts == [one.sku]
        found += [one] if same else [replace(one, sku=sku, written=sku) for sku in parts]
    return found


def is_excluded(sku: str, exclude: Exclude) -> bool:
    """Whether the lane leaves this SKU to others."""
    return any(matches(pattern, sku) for pattern in exclude.skus)


def _with_part_numbers(base: StoreSku, sets: Sequence[Sequence[str]]) -> Iterator[StoreSku]:
    """The product's SKU with each choice's part number behind it; choices without one add nothing."""
    adding = [list(dict.fromkeys(choices)) for choices in sets if any(choices)]
    made = list(dict.fromkeys("".join(parts) for parts in islice(every_choice(*adding), MOST_CHOICES + 1)))
    if len(made) > MOST_CHOICES:
        yield replace(base, too_many=True)
        return
    for parts in made:
        yield replace(base, sku=base.sku + parts, written=base.written + parts)


def _name(product: Product) -> str:
    return f"{product.info.name or 'product'} (CatalogID {product.info.catalog_id})"
