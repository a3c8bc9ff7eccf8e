"""A lane whose stock is pushed: products in store and warehouse, shoppers who buy, and a warehouse that counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cartage_sandbox.threedcart.data.checkout import OutOfStock
from tests.contract.world import World

STOCK_STAGES = ("poll_stock", "update_stock")
# The breaker pauses nothing; for tests about something else.
NO_BREAKER = {"zero_share": 1.0, "swing_share": 1.0}


def goods(world: World, stocks: Mapping[str, int], *, in_store: int = 0, **fields: Any) -> dict[str, int]:
    """Products without options: `stocks` at the warehouse, `in_store` in the store; returns the CatalogIDs by SKU."""
    for sku, quantity in stocks.items():
        world.stock(sku, qty=quantity)
    state = world.shop.store.state
    with state.lock:
        rows = [
            {"SKUInfo": {"SKU": sku, "Name": sku, "Price": 8.0, "Stock": in_store}, **fields}
            for sku in stocks
        ]
        return dict(zip(stocks, state.stock(rows), strict=True))


def options(world: World, base: str, stocks: Mapping[str, int], *, in_store: int = 0) -> int:
    """One product with a combination of options for each SKU; returns its CatalogID. The base is in no warehouse."""
    for sku, quantity in stocks.items():
        world.stock(sku, qty=quantity)
    rows = [
        {
            "AdvancedOptionCode": f"{60 + number}-9",
            "AdvancedOptionSufix": sku,
            "AdvancedOptionStock": in_store,
        }
        for number, sku in enumerate(stocks)
    ]
    sets = [
        {"OptionSetName": "Size", "OptionList": [{"OptionID": 60 + number} for number in range(len(rows))]}
    ]
    state = world.shop.store.state
    with state.lock:
        [catalog_id] = state.stock(
            [
                {
                    "SKUInfo": {"SKU": base, "Name": base, "Stock": 3.0},
                    "AdvancedOptionList": rows,
                    "OptionSetList": sets,
                }
            ]
        )
    return catalog_id


def kit(world: World, sku: str, components: Mapping[int, int]) -> int:
    """A kit of so many of these products, by CatalogID; returns its own."""
    choices = [
        {"OptionID": 900 + number, "OptionBundleCatalogId": catalog_id, "OptionBundleQuantity": each}
        for number, (catalog_id, each) in enumerate(components.items())
    ]
    state = world.shop.store.state
    with state.lock:
        [catalog_id] = state.stock(
            [{"SKUInfo": {"SKU": sku, "Name": sku}, "OptionSetList": [{"OptionList": choices}]}]
        )
    return catalog_id


def shown(world: World, catalog_id: int, sku: str = "") -> int:
    """What the store shows of a product, or of its combination of this SKU."""
    with world.shop.store.state.lock:
        return int(world.shop.store.state.goods.stock(catalog_id, sku))


def buy(world: World, catalog_id: int, quantity: int = 1, sku: str = "", **order: Any) -> int | None:
    """A shopper checks out; the OrderID, or None if the store does not sell."""
    line = {"catalog_id": catalog_id, "sku": sku, "quantity": quantity}
    try:
        return world.shop.store.buy([line], **order)
    except OutOfStock:
        return None


def push(world: World, **context: Any) -> dict[str, int]:
    """Poll the warehouse and push to the store, as one run of the DAG."""
    return world.go(*STOCK_STAGES, **context)["update_stock"]


def writes(world: World) -> list[int]:
    """How many stocks each call wrote."""
    return [len(call["detail"]) for call in world.calls(method="PUT", path="/Products")]
