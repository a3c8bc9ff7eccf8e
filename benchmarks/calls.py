"""(c) Calls to the store and to the warehouse for 1,000 orders, from New to Shipped, by the sandboxes' own journals."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.bare_loop import bare_loop
from benchmarks.checks import require_acknowledged, require_shipped
from benchmarks.engine import ORDERS_STAGES
from benchmarks.figures import Aim, Figure, Outcome
from benchmarks.site import SIMPLE_MIX, UNTHROTTLED, Site, TimeWindow, fill, open_site
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.stack.shop import Shop

_AIM = 20
_PAGE = 300
# What a bulk write does with tracking is tried on one order only if there are others to profit from it.
_FIRST = 12
_TRACKING = "PUT /3dCartWebAPI/v2/Orders/{n}/Shipments/{n}"

Calls = Mapping[str, int]


def measure(*, quick: bool) -> Outcome:
    """The full cycle of a live run, of a backfilled window, and the orders' half of it by the bare loop."""
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
        aims=(
            Aim(
                "calls to the store besides tracking, written and read back",
                live.besides_tracking,
                _AIM,
                "at most",
            ),
            Aim("tracking writes", live.store.get(_TRACKING, 0), orders, "at most"),
            Aim("tracking read back: pages", live.read_back, math.ceil(orders / _PAGE), "at most"),
        ),
        notes=(
            (
                "Product: a live run, whose import sweeps the import status, of a lane that has shipped "
                "some orders before: with the first it found out what an earlier ledger may have left, and what "
                "the store does with a shipment's status and with tracking in bulk. A backfilled window reads "
                "what was placed in it and what was changed in it. The last-update read, a page for every 300 "
                "orders that changed in the last two days, at most every 15 minutes, is not counted."
            ),
            (
                "Every tracking number is read back once it was written: a page for every 300 orders, "
                "counted by itself because the aim is of the days when nobody read it back."
            ),
            (
                "Baseline: the bare loop, which stops at Processing: no tracking, no read-back, no guard. "
                "It signs in for each order, as a task of its own has to."
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Cycle:
    """What a cycle cost at both remotes; `read_back` are pages in which written tracking was read again."""

    store: Calls
    warehouse: Calls
    read_back: int

    @property
    def besides_tracking(self) -> int:
        return sum(self.store.values()) - self.store.get(_TRACKING, 0) - self.read_back


def _cycles(orders: int, *, backfilled: bool) -> tuple[_Cycle, _Cycle]:
    """The cycle of the first orders that a lane ever had, and that of those after them."""
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
    """The guard asks for the orders of one status; the read-back takes them in whichever they are."""
    asked = [
        (entry["method"], *entry["path"].partition("?")[::2])
        for entry in journal.entries("request", since=since)
    ]
    return sum(
        method == "GET" and path.endswith("/Orders") and "orderstatus=" not in query
        for method, path, query in asked
    )


def _bare(orders: int) -> tuple[Calls, Calls]:
    with Shop(store_rules=UNTHROTTLED) as shop:
        ids, _ = fill(shop, orders, mix=SIMPLE_MIX)
        bare_loop(shop, "all")
        require_acknowledged(shop, ids)
        return counted(shop.store.journal), counted(shop.warehouse.journal)


def counted(journal: Journal, since: int = 0) -> Calls:
    """How often each method and path was called after entry `since`; queries and the ids in a path are left out."""
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
