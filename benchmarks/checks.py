"""Check that no order was lost, doubled or left behind: otherwise a benchmark has no result.

The checks read the sandboxes' journals, never Cartage's data.
"""

from __future__ import annotations

from collections.abc import Collection

from benchmarks.site import Site
from cartage_sandbox.demo.plan import Seeded
from cartage_sandbox.demo.results import check_orders
from cartage_sandbox.stack.shop import Shop

PROCESSING = 2


class OrdersDoNotAddUp(AssertionError):
    """An order was lost, sent twice, or not posted to the store."""


def require_acknowledged(shop: Shop, wanted: Collection[int], *, besides: Collection[int] = ()) -> None:
    """Check that each order is at the warehouse once, and that Processing was posted to the store once.

    No other order may be at the warehouse, except those of `besides`.

    Raises:
        OrdersDoNotAddUp: with the first ten that differ.
    """
    references = _references(shop)
    sent = {int(reference.split("_")[1]) for reference in references}
    missing, foreign = set(wanted) - sent, sent - {*wanted, *besides}
    twice = [reference for reference, times in references.items() if times > 1]
    written = shop.store.state.effects.summary()
    not_posted = [
        order_id
        for order_id in wanted
        if written.get(str(order_id), {}).get("status") != {str(PROCESSING): 1}
    ]
    status = {
        row["OrderID"]: row["OrderStatusID"] for row in shop.store.overview(("OrderID", "OrderStatusID"))
    }
    behind = [order_id for order_id in wanted if status[order_id] != PROCESSING]
    _raise_faults(
        {
            "are not at the warehouse": missing,
            "are at the warehouse unexpectedly": foreign,
            "are at the warehouse twice": twice,
            "did not get Processing exactly once": not_posted,
            "do not have the status Processing": behind,
        }
    )


def require_imported(site: Site, wanted: Collection[int]) -> None:
    """Check that the ledger has each of these orders once, and no other.

    Raises:
        OrdersDoNotAddUp: with the numbers.
    """
    with site.postgres.connect("cartage") as connection:
        rows = connection.execute("SELECT order_id FROM fulfillment_order").fetchall()
    found = [row[0] for row in rows]
    if sorted(map(int, map(str, found))) != sorted(wanted):
        raise OrdersDoNotAddUp(f"{len(wanted)} orders were placed, the ledger has {len(found)}")


def require_shipped(site: Site, wanted: Collection[int]) -> None:
    """Check that each order is Shipped with the warehouse's tracking, and each tracking was written once.

    Raises:
        OrdersDoNotAddUp: with what differs.
    """
    seeded = Seeded(frozenset(wanted), frozenset(), {})
    _raise_faults({"fault": check_orders(site.shop, seeded, site.deployment.status()).faults})


def _references(shop: Shop) -> dict[str, int]:
    return shop.warehouse.journal.count_by_key("order.created")


def _raise_faults(found: dict[str, Collection[object]]) -> None:
    faults = [f"{len(each)} {what}: {sorted(map(str, each))[:10]}" for what, each in found.items() if each]
    if faults:
        raise OrdersDoNotAddUp("; ".join(faults))
