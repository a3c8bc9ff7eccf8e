"""Product SKUs: the store's and the warehouse's, compared in both directions."""

from __future__ import annotations

from collections.abc import Iterator

from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.preflight import sku_comparison
from cartage.preflight.findings import CheckResult, FindingKind, PreflightFinding, ok, unknown
from cartage.preflight.products import MOST_CHOICES, is_excluded, mapped_skus, without_excluded
from cartage.preflight.world import PreflightWorld

TITLE = "Product SKUs"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Check that every SKU that an order can carry is one item at the warehouse, without the lane's exclusions.

    Raises:
        NotSupported: if the warehouse's connector cannot list its items.
    """
    exclude = world.context.lane.store.exclude
    with world.context.ledger.begin() as connection:
        rules = SkuTable(mappings_of(connection, world.context.lane).skus)
    sold = mapped_skus(without_excluded(world.products.sold, exclude), rules)
    items = [item for item in world.warehouse_skus if not is_excluded(item.sku, exclude)]
    has_mistakes = False
    for finding in sku_comparison.compare_skus(sold, items):
        has_mistakes = has_mistakes or finding.result is CheckResult.MISTAKE
        yield finding
    for good in sold:
        if good.too_many:
            what = f"its part numbers make more than {MOST_CHOICES} SKUs; they were not compared"
            yield unknown(
                FindingKind.TOO_MANY_CHOICES,
                good.product,
                what,
                "Give its options their own SKUs in 3dcart.",
            )
    if not has_mistakes:
        yield ok(
            "SKUs", f"The warehouse knows every one of the store's {len({good.sku for good in sold})} SKUs."
        )
