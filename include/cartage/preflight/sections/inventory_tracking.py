"""Inventory tracking: options without a SKU of their own, choices that the SKU does not show, stock without a rule."""

from __future__ import annotations

from collections.abc import Iterator

from cartage.preflight.findings import FindingKind, PreflightFinding, mistake, ok, warning
from cartage.preflight.options import TrackingGap
from cartage.preflight.world import PreflightWorld

TITLE = "Inventory tracking"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Every combination of options has a SKU, so that an order says which one was bought."""
    products = world.products
    yield from map(_finding, products.untracked)
    if not any(one.kind is FindingKind.OPTION_WITHOUT_SKU for one in products.untracked):
        yield ok("options", f"Every option with stock of its own has a SKU, in {products.count} products.")


def _finding(one: TrackingGap) -> PreflightFinding:
    if one.kind is FindingKind.OPTION_WITHOUT_SKU:
        what = (
            f"the option has no SKU: its orders carry the product's, {one.sku!r}, whichever option was bought"
        )
        fix = "Give it a SKU in 3dcart: the product > Options > Advanced Options."
        return mistake(one.kind, one.subject, what, fix)
    if one.kind is FindingKind.CHOICES_WITHOUT_SKUS:
        what = f"its choices change nothing about the SKU {one.sku!r}: the warehouse cannot tell them apart"
        fix = "If they are different goods, give each an option SKU or a part number in 3dcart."
        return warning(one.kind, one.subject, what, fix)
    what = "3dcart has no rule for when it is out of stock"
    return warning(
        one.kind, one.subject, what, "Choose one in 3dcart: the product > Inventory > Out of stock."
    )
