"""(c) Calls to the store and to the warehouse for 1,000 orders, from New to Shipped, by the sandboxes' own journals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from benchmarks.bare_loop import bare_loop
from benchmarks.checks import require_acknowledged, require_shipped
from benchmarks.engine import ORDERS_STAGES, SHIPMENT_STAGES
from benchmarks.figures import Aim, Figure, Outcome
from benchmarks.site import SIMPLE_MIX, UNTHROTTLED, Site, TimeWindow, fill, open_site
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.stack.shop import Shop

_AIM = 20
_TRACKING = "PUT /3dCartWebAPI/v2/Orders/{n}/Shipments/{n}"

Calls = Mapping[str, int]


def measure(*, quick: bool) -> Outcome:
    """The full cycle of a live run, of a backfilled window, and the orders' half of it by the bare loop."""
    orders = 200 if quick else 1000
    with open_site() as site:
        ids, _ = site.fill(orders)
        live = _full_cycle(site, ids, None)
    with open_site() as site:
        ids, window = site.fill(orders)
        backfilled = _full_cycle(site, ids, window)
    bare = _bare(orders)
    besides = sum(live[0].values()) - live[0].get(_TRACKING, 0)
    return Outcome(
        title=f"Calls for {orders:,} orders, from New to Shipped",
        figures=(
            *_side_by_side("store", live[0], bare[0]),
            *_side_by_side("warehouse", live[1], bare[1]),
            Figure(
                "store, besides tracking, when backfilled",
                sum(backfilled[0].values()) - backfilled[0].get(_TRACKING, 0),
            ),
        ),
        aims=(
            Aim("calls to the store besides tracking writes", besides, _AIM, "at most"),
            Aim("tracking writes", live[0].get(_TRACKING, 0), orders, "at most"),
        ),
        notes=(
            (
                "Product: a live run, whose import sweeps the import status. A backfilled window reads "
                "what was placed in it and what was changed in it. The last-update read, a page for every 300 "
                "orders that changed in the last two days, at most every 15 minutes, is not counted."
            ),
            (
                "Baseline: the bare loop, which stops at Processing: no tracking, no read-back, no guard. "
                "It signs in for each order, as a task of its own has to."
            ),
        ),
    )


def _full_cycle(site: Site, ids: frozenset[int], window: TimeWindow | None) -> tuple[Calls, Calls]:
    with site.engine() as engine:
        engine.run_all(ORDERS_STAGES, window=window)
        require_acknowledged(site.shop, ids)
        site.ship()
        engine.run_all(SHIPMENT_STAGES)
    require_shipped(site, ids)
    return counted(site.shop.store.journal), counted(site.shop.warehouse.journal)


def _bare(orders: int) -> tuple[Calls, Calls]:
    with Shop(store_rules=UNTHROTTLED) as shop:
        ids, _ = fill(shop, orders, mix=SIMPLE_MIX)
        bare_loop(shop, "all")
        require_acknowledged(shop, ids)
        return counted(shop.store.journal), counted(shop.warehouse.journal)


def counted(journal: Journal) -> Calls:
    """How often each method and path was called; queries are left out, and ids in a path are all the same."""
    return Counter(f"{entry['method']} {_without_ids(entry['path'])}" for entry in journal.entries("request"))


def _without_ids(path: str) -> str:
    return re.sub(r"/[0-9]+(?=/|$)", "/{n}", path.partition("?")[0])


def _side_by_side(remote: str, product: Calls, bare: Calls) -> list[Figure]:
    rows = [
        Figure(f"{remote}: {call}", product.get(call, 0), bare.get(call, 0))
        for call in sorted(product.keys() | bare.keys())
    ]
    return [*rows, Figure(f"{remote}: all", sum(product.values()), sum(bare.values()))]
