"""The demo's stock: what the store shows at first, and what it was told in the end, by both sides' own books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cartage_sandbox.generate.money import dicts
from cartage_sandbox.stack.shop import Shop


@dataclass(frozen=True)
class StockVerdict:
    """How many stocks the API wrote, in how many values, and every one that shows more than can be promised."""

    told: int
    writes: int
    faults: tuple[str, ...]


def show_all_stock(shop: Shop) -> None:
    """Let the store show all that the warehouse has: it knows of no order of the last hours yet."""
    there = _promised(shop)
    state = shop.store.state
    with state.lock:
        for catalog_id, sku in _entries(shop):
            if sku in there:
                state.goods.add_stock(catalog_id, sku, there[sku] - state.goods.stock(catalog_id, sku))


def judge_stock(shop: Shop) -> StockVerdict:
    """Compare what the store shows with what the warehouse can promise."""
    there, goods = _promised(shop), shop.store.state.goods
    told = shop.store.journal.count_by_key("stock.set")
    with shop.store.state.lock:
        shown = {(catalog_id, sku): goods.stock(catalog_id, sku) for catalog_id, sku in _entries(shop)}
    faults = [
        f"{sku} (CatalogID {catalog_id}): the store shows {units:g}, the warehouse can promise {there[sku]:g}"
        for (catalog_id, sku), units in sorted(shown.items())
        if sku in there and units > there[sku]
    ]
    if not told:
        faults.append("no stock was told to the store")
    return StockVerdict(len(told), sum(told.values()), tuple(faults))


def _entries(shop: Shop) -> Iterator[tuple[int, str]]:
    """CatalogID and SKU of every product and combination of options."""
    goods = shop.store.state.goods
    for catalog_id in goods.ids():
        yield catalog_id, str(goods.get(catalog_id)["SKUInfo"]["SKU"])
        for option in dicts(goods.get(catalog_id).get("AdvancedOptionList")):
            yield catalog_id, str(option["AdvancedOptionSufix"])


def _promised(shop: Shop) -> dict[str, float]:
    """What the warehouse has of each SKU and has not allocated or owed."""
    with shop.warehouse.state.lock:
        return {
            item.sku: float(item.available - item.ordered_not_allocated)
            for item in shop.warehouse.state.catalogue.items()
        }
