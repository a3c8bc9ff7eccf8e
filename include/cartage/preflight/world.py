"""What preflight checks: a lane's context, and the long lists, each read once for all sections.

Lists are read page by page, and only what is compared is kept: a few hundred bytes for each SKU.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cartage.preflight.products import TrackingGap, WarehouseSku, sellable_skus, tracking_gaps

if TYPE_CHECKING:
    from cartage.preflight.products import StoreSku
    from cartage.runtime.context import StageContext


@dataclass(frozen=True, slots=True)
class StoreProducts:
    """The store's products: their number, the SKUs that they sell, and options whose stock cannot be tracked."""

    count: int
    sold: tuple[StoreSku, ...]
    tracking_gaps: tuple[TrackingGap, ...]


@dataclass
class PreflightWorld:
    """The state of a lane during one preflight; not shared between threads."""

    context: StageContext
    whole: PreflightWorld | None = None

    @cached_property
    def places(self) -> tuple[PreflightWorld, ...]:
        """The world as each of the lane's warehouses sees it; this one for a lane with a single warehouse."""
        every = self.context.every_warehouse()
        return (
            tuple(PreflightWorld(place, self) for place in every) if self.context.lane.warehouses else (self,)
        )

    @cached_property
    def products(self) -> StoreProducts:
        """All products of the store: one call for 200 of them, 13 kB each (3dcart-api.md, section 7).

        The short list (skuinfo) is not enough: it leaves out options, whose SKUs the orders carry.
        """
        if self.whole is not None:
            return self.whole.products
        bundle_parents = self.context.lane.store.bundles == "parent"
        count = 0
        sold: list[StoreSku] = []
        gaps: list[TrackingGap] = []
        for page in self.context.store.products():
            count += len(page)
            for product in page:
                sold += sellable_skus(product, bundle_parents=bundle_parents)
                gaps += tracking_gaps(product)
        return StoreProducts(count, tuple(sold), tuple(gaps))

    @cached_property
    def warehouse_skus(self) -> tuple[WarehouseSku, ...]:
        """All items of the warehouse, read from the warehouse: the ledger's copy may be hours old."""
        return tuple(
            WarehouseSku(item.sku, item.written or item.sku, item.active)
            for page in self.context.warehouse.items()
            for item in page.items
        )
