"""What preflight looks at: a lane's context, and the long lists, each read once however many sections ask.

A list is read a page at a time, and only what is compared is kept: a few hundred bytes a SKU.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cartage.preflight.options import TrackingGap, tracking_gaps
from cartage.preflight.products import WarehouseSku, sellable_skus

if TYPE_CHECKING:
    from cartage.preflight.products import StoreSku
    from cartage.runtime.context import StageContext


@dataclass(frozen=True, slots=True)
class StoreProducts:
    """What the store's products came to: the SKUs that they sell, and what is odd about their options."""

    count: int
    sold: tuple[StoreSku, ...]
    untracked: tuple[TrackingGap, ...]


@dataclass
class PreflightWorld:
    """One look at a lane; not shared between threads."""

    context: StageContext

    @cached_property
    def products(self) -> StoreProducts:
        """All products of the store: one call for 200 of them, 13 kB each (3dcart-api.md, section 7).

        The cheap list (skuinfo) does not serve: it leaves out the options, whose SKUs the orders carry.
        """
        bundle_parents = self.context.lane.store.bundles == "parent"
        count = 0
        sold: list[StoreSku] = []
        odd: list[TrackingGap] = []
        for page in self.context.store.products():
            count += len(page)
            for product in page:
                sold += sellable_skus(product, bundle_parents=bundle_parents)
                odd += tracking_gaps(product)
        return StoreProducts(count, tuple(sold), tuple(odd))

    @cached_property
    def shelf(self) -> tuple[WarehouseSku, ...]:
        """All items that the warehouse knows, from the warehouse itself: the ledger's copy may be hours old."""
        return tuple(
            WarehouseSku(item.sku, item.written or item.sku, item.active)
            for page in self.context.warehouse.items()
            for item in page.items
        )
