"""Product SKUs: the store's and the warehouse's, compared both ways."""

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
    """Every SKU that an order can carry is one item at the warehouse; what the lane excludes is left out.

    Raises:
        NotSupported: if the warehouse has no catalogue to compare with.
    """
    exclude = world.context.lane.store.exclude
    with world.context.ledger.begin() as connection:
        rules = SkuTable(mappings_of(connection, world.context.lane).skus)
    sold = mapped_skus(without_excluded(world.products.sold, exclude), rules)
    shelf = [one for one in world.shelf if not is_excluded(one.sku, exclude)]
    stopped = False
    for finding in sku_comparison.compare_skus(sold, shelf):
        stopped = stopped or finding.verdict is CheckResult.MISTAKE
        yield finding
    for one in sold:
        if one.too_many:
            what = (
                f"its choices make more than {MOST_CHOICES} SKUs out of part numbers; they were not compared"
            )
            yield unknown(
                FindingKind.TOO_MANY_CHOICES,
                one.product,
                what,
                "Give its options SKUs of their own in 3dcart.",
            )
    if not stopped:
        yield ok(
            "SKUs", f"The warehouse knows every one of the store's {len({one.sku for one in sold})} SKUs."
        )
