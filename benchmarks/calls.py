"""(c) Calls to the store and to the warehouse for 1,000 orders, from New to Shipped, counted by the sandboxes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.bare_loop import bare_loop
from benchmarks.checks import require_acknowledged, require_shipped
from benchmarks.engine import ORDERS_STAGES
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.site import SIMPLE_MIX, UNTHROTTLED, Site, TimeWindow, fill, open_site
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.stack.shop import Shop

# Orders of a list page and of a bulk write: 3dcart-api.md, section 3.1.
_PAGE, _BULK = 300, 100
# Each order is read by the import, after Processing was written, and before its tracking is written.
_READINGS = 3
# The store's handling of tracking in bulk writes is tried on one order only if there are several orders.
_FIRST = 12
_TRACKING = "PUT /3dCartWebAPI/v2/Orders/{n}/Shipments/{n}"

Calls = Mapping[str, int]


def measure(*, quick: bool) -> Outcome:
    """Measure the full cycle of a live run and of a backfilled window, and the first half of it in the bare loop."""
    orders = 200 if quick else 1000
    first, live = _cycles(orders, backfilled=False)
    _, backfilled = _cycles(orders, backfilled=True)
    bare = _bare(orders)
    return Outcome(
        title=f"Calls for {orders:,} orders, from New to Shipped",
        figures=(
            *_side_by_side("store", live.store, bare[0]),
            *_side_by_side("warehouse", live.warehouse, bare[1]),
            Figure("store, tracking read back", live.read_back),
            Figure(
                f"store, besides tracking, for the first {_FIRST} orders that a lane ever has",
                first.besides_tracking,
            ),
            Figure("store, besides tracking, when backfilled", backfilled.besides_tracking),
        ),
        targets=(
            Target(
                "calls to the store besides tracking, written and read back",
                live.besides_tracking,
                fewest_calls(orders),
                "at most",
            ),
            Target("tracking writes", live.store.get(_TRACKING, 0), orders, "at most"),
            Target("tracking read back: pages", live.read_back, math.ceil(orders / _PAGE), "at most"),
        ),
        notes=(
            (
                "Product: a live run, whose import sweeps the import status, of a lane that has shipped "
                "some orders before: with the first ones it has verified its ledger, and learned how the store handles "
                "a shipment's status and tracking in bulk writes. A backfilled window reads the orders that were "
                "placed in it and those that changed in it. The change watch, a page for every 300 orders that "
                "changed in the last two days, at most every 15 minutes, is not counted."
            ),
            (
                "Every tracking number is read back after it was written, with a page for every 300 orders; these "
                "pages are counted separately."
            ),
            (
                "Baseline: the bare loop, which stops at Processing: no tracking, no read-back, no checks before "
                "writes. It signs in for each order, as separate tasks have to."
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Cycle:
    """The calls of a cycle to both remotes; `read_back` counts the pages that read tracking back."""

    store: Calls
    warehouse: Calls
    read_back: int

    @property
    def besides_tracking(self) -> int:
        return sum(self.store.values()) - self.store.get(_TRACKING, 0) - self.read_back


def fewest_calls(orders: int) -> int:
    """Return the fewest calls besides tracking with which each order is set to Processing, and read around each write.

    A list page that lacks an order proves nothing about it, so that no reading is cheaper than the pages that show it.
    """
    return _READINGS * math.ceil(orders / _PAGE) + math.ceil(orders / _BULK)


def _cycles(orders: int, *, backfilled: bool) -> tuple[_Cycle, _Cycle]:
    """Run a cycle with the first orders that a lane ever had, and one with later orders."""
    with open_site() as site:
        first, _ = site.fill(_FIRST, hours_ago=20)
        alone = _full_cycle(site, first, None)
        ids, window = site.fill(orders)
        return alone, _full_cycle(site, ids, window if backfilled else None, earlier=first)


def _full_cycle(
    site: Site, ids: frozenset[int], window: TimeWindow | None, *, earlier: frozenset[int] = frozenset()
) -> _Cycle:
    shop = site.shop
    before = _last(shop.store.journal), _last(shop.warehouse.journal)
    with site.engine() as engine:
        engine.run_all(ORDERS_STAGES, window=window)
        require_acknowledged(shop, ids, besides=earlier)
        site.ship()
        engine.run("poll_tracking")
        unposted = _last(shop.store.journal)
        engine.run("update_order_status")
    require_shipped(site, ids | earlier)
    return _Cycle(
        counted(shop.store.journal, before[0]),
        counted(shop.warehouse.journal, before[1]),
        _pages_read_back(shop.store.journal, unposted),
    )


def _pages_read_back(journal: Journal, since: int) -> int:
    """Count the pages of the read-back, which asks for orders in any status; other reads name a status."""
    requests = [
        (entry["method"], *entry["path"].partition("?")[::2])
        for entry in journal.entries("request", since=since)
    ]
    return sum(
        method == "GET" and path.endswith("/Orders") and "orderstatus=" not in query
        for method, path, query in requests
    )


def _bare(orders: int) -> tuple[Calls, Calls]:
    with Shop(store_rules=UNTHROTTLED) as shop:
        ids, _ = fill(shop, orders, mix=SIMPLE_MIX)
        bare_loop(shop, "all")
        require_acknowledged(shop, ids)
        return counted(shop.store.journal), counted(shop.warehouse.journal)


def counted(journal: Journal, since: int = 0) -> Calls:
    """Return how often each method and path was called after entry `since`, without queries and ids."""
    entries = journal.entries("request", since=since)
    return Counter(f"{entry['method']} {_without_ids(entry['path'])}" for entry in entries)


def _last(journal: Journal) -> int:
    return max((entry["seq"] for entry in journal.entries()), default=0)


def _without_ids(path: str) -> str:
    return re.sub(r"/[0-9]+(?=/|$)", "/{n}", path.partition("?")[0])


def _side_by_side(remote: str, product: Calls, bare: Calls) -> list[Figure]:
    rows = [
        Figure(f"{remote}: {call}", product.get(call, 0), bare.get(call, 0))
        for call in sorted(product.keys() | bare.keys())
    ]
    return [*rows, Figure(f"{remote}: all", sum(product.values()), sum(bare.values()))]
