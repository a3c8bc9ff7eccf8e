"""Inventory tracking: options without a SKU, choices that the SKU does not show, stock without an out-of-stock rule."""

from __future__ import annotations

from collections.abc import Iterator

from cartage.preflight.findings import FindingKind, PreflightFinding, mistake, ok, warning
from cartage.preflight.products import TrackingGap
from cartage.preflight.world import PreflightWorld

TITLE = "Inventory tracking"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Check that every combination of options has a SKU, so that an order shows which one was bought."""
    products = world.products
    yield from map(_gap_finding, products.tracking_gaps)
    if not any(gap.kind is FindingKind.OPTION_WITHOUT_SKU for gap in products.tracking_gaps):
        yield ok("options", f"Every option with stock of its own has a SKU, in {products.count} products.")


def _gap_finding(gap: TrackingGap) -> PreflightFinding:
    if gap.kind is FindingKind.OPTION_WITHOUT_SKU:
        what = (
            f"the option has no SKU: its orders carry the product's, {gap.sku!r}, whichever option was bought"
        )
        fix = "Give it a SKU in 3dcart: the product > Options > Advanced Options."
        return mistake(gap.kind, gap.subject, what, fix)
    if gap.kind is FindingKind.CHOICES_WITHOUT_SKUS:
        what = f"its choices do not change the SKU {gap.sku!r}: the warehouse cannot tell them apart"
        fix = "If they are different goods, give each an option SKU or a part number in 3dcart."
        return warning(gap.kind, gap.subject, what, fix)
    what = "3dcart has no rule for when it is out of stock"
    return warning(
        gap.kind, gap.subject, what, "Choose one in 3dcart: the product > Inventory > Out of stock."
    )
