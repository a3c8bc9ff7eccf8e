"""Compare a world's lane, and fix what differs."""

from __future__ import annotations

from cartage.lifecycle.transitions import By
from cartage.reconciliation.fixes import fix_difference
from cartage.reconciliation.reconcile import ReconciliationReport, reconcile
from cartage.reconciliation.repo.differences import Difference
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, World

AT_ONCE = {"settle": "0s"}
BY = By("ann", "test/1")


def compare(world: World, **options: int) -> ReconciliationReport:
    """Compare the lane now."""
    context = world.context("reconcile")
    try:
        return reconcile(context, **options)
    finally:
        context.close()


def only(report: ReconciliationReport) -> Difference:
    """The one difference of a report."""
    [difference] = report.differences
    return difference


def names(report: ReconciliationReport) -> set[tuple[str, str, str]]:
    """Side, kind and key of each difference."""
    return {(each.side, each.kind.value, each.key) for each in report.differences}


def fix(world: World, difference: Difference) -> str:
    """Fix a difference as a person would."""
    context = world.context("differences")
    try:
        return fix_difference(context, difference.id, BY)
    finally:
        context.close()


def busy(world: World, sent: int, shipped: int = 0) -> tuple[list[int], list[int]]:
    """Place orders; return those that the warehouse has, and those that it has shipped and that were posted."""
    placed = world.place("single", sent + shipped)
    world.go(*ORDERS_STAGES)
    for order_id in placed[sent:]:
        world.ship(order_id)
    world.go(*SHIPMENT_STAGES)
    return placed[:sent], placed[sent:]
