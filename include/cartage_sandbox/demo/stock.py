"""The demo's stock: what the store shows at first and in the end, from the state of both sandboxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.stack.storefront import ApiShop


@dataclass(frozen=True)
class StockResult:
    """How many stocks the API wrote, in how many writes, and every stock that shows more than can be promised."""

    posted: int
    writes: int
    faults: tuple[str, ...]


def show_all_stock(shop: ApiShop[Any]) -> None:
    """Let the store show everything that the warehouse has: it does not know the orders of the last hours yet."""
    there = shop.promised()
    state = shop.store.state
    with state.lock:
        for catalog_id, sku in _entries(shop):
            if sku in there:
                state.goods.add_stock(catalog_id, sku, there[sku] - state.goods.stock(catalog_id, sku))


def check_stock(shop: ApiShop[Any]) -> StockResult:
    """Compare what the store shows with what the warehouse can promise."""
    there, goods = shop.promised(), shop.store.state.goods
    posted = shop.store.journal.count_by_key("stock.set")
    with shop.store.state.lock:
        shown = {(catalog_id, sku): goods.stock(catalog_id, sku) for catalog_id, sku in _entries(shop)}
    faults = [
        f"{sku} (CatalogID {catalog_id}): the store shows {units:g}, the warehouse can promise {there[sku]:g}"
        for (catalog_id, sku), units in sorted(shown.items())
        if sku in there and units > there[sku]
    ]
    if not posted:
        faults.append("no stock was posted to the store")
    return StockResult(len(posted), sum(posted.values()), tuple(faults))


def _entries(shop: ApiShop[Any]) -> Iterator[tuple[int, str]]:
    """Yield CatalogID and SKU of every product and combination of options."""
    goods = shop.store.state.goods
    for catalog_id in goods.ids():
        yield catalog_id, str(goods.get(catalog_id)["SKUInfo"]["SKU"])
        for option in dicts(goods.get(catalog_id).get("AdvancedOptionList")):
            yield catalog_id, str(option["AdvancedOptionSufix"])
