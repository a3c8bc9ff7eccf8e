"""Whether the orders add up: a number whose orders were lost, doubled or left behind is none.

The shop's own journals are asked, never Cartage.
"""

from __future__ import annotations

from collections.abc import Collection

from benchmarks.site import Site
from cartage_sandbox.demo.plan import Seeded
from cartage_sandbox.demo.results import check_orders
from cartage_sandbox.stack.shop import Shop

PROCESSING = 2


class OrdersDoNotAddUp(AssertionError):
    """An order was lost, sent twice, or not told to the store."""


def require_acknowledged(shop: Shop, wanted: Collection[int], *, besides: Collection[int] = ()) -> None:
    """Each of these orders is at the warehouse once, and the store was told Processing of each once.

    No other order is at the warehouse, but those of `besides`, which may have gone on.

    Raises:
        OrdersDoNotAddUp: with the first ten that differ.
    """
    references = _references(shop)
    sent = {int(reference.split("_")[1]) for reference in references}
    missing, foreign = set(wanted) - sent, sent - {*wanted, *besides}
    twice = [reference for reference, times in references.items() if times > 1]
    written = shop.store.state.effects.summary()
    told = [one for one in wanted if written.get(str(one), {}).get("status") != {str(PROCESSING): 1}]
    status = {
        row["OrderID"]: row["OrderStatusID"] for row in shop.store.overview(("OrderID", "OrderStatusID"))
    }
    behind = [one for one in wanted if status[one] != PROCESSING]
    _refuse(
        {
            "are not at the warehouse": missing,
            "are at the warehouse uncalled for": foreign,
            "are at the warehouse twice": twice,
            "were not told Processing exactly once": told,
            "do not have the status Processing": behind,
        }
    )


def require_imported(site: Site, wanted: Collection[int]) -> None:
    """The ledger has each of these orders once, and no other.

    Raises:
        OrdersDoNotAddUp: with the numbers.
    """
    with site.postgres.connect("cartage") as connection:
        rows = connection.execute("SELECT order_id FROM fulfillment_order").fetchall()
    found = [row[0] for row in rows]
    if sorted(map(int, map(str, found))) != sorted(wanted):
        raise OrdersDoNotAddUp(f"{len(wanted)} orders were placed, the ledger has {len(found)}")


def require_shipped(site: Site, wanted: Collection[int]) -> None:
    """Each of these orders is Shipped with the warehouse's tracking, each tracking written once.

    Raises:
        OrdersDoNotAddUp: with what differs.
    """
    seeded = Seeded(frozenset(wanted), frozenset(), {})
    _refuse({"fault": check_orders(site.shop, seeded, site.deployment.status()).faults})


def _references(shop: Shop) -> dict[str, int]:
    return shop.warehouse.journal.count_by_key("order.created")


def _refuse(found: dict[str, Collection[object]]) -> None:
    faults = [f"{len(each)} {what}: {sorted(map(str, each))[:10]}" for what, each in found.items() if each]
    if faults:
        raise OrdersDoNotAddUp("; ".join(faults))
