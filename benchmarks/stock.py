"""(i) Stock of 10,000 SKUs with options: calls of a sync without change and of 1,000 changes, and memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from benchmarks.calls import Calls, counted
from benchmarks.engine import Engine, StageRun
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import Site, open_site

# Of ten SKUs, four are products and six are the options of one product.
_PLAIN, _OPTIONS = 4, 6
_UNITS = 20
_ORDERS = 280
_PAGE, _BULK = 200, 100
_STATUSES = 4  # New, and the default of inventory.open_statuses
# Of ten changes, six are products and four the options of one product.
_CHANGED_PLAIN, _CHANGED_OPTIONS = 6, 4
# At most a quarter more memory for ten times the SKUs.
_TARGET_GROWTH, _TARGET_MB = 1.25, 250


class StockDoesNotAddUp(AssertionError):
    """The store does not show the expected stock."""


@dataclass(frozen=True, slots=True)
class _Synced:
    run: StageRun
    store: Calls
    warehouse: Calls


def measure(*, quick: bool) -> Outcome:
    """Measure two sizes; for the larger one also 1,000 changes."""
    skus, changes = (1000, 100) if quick else (10_000, 1000)
    with open_site(more={"inventory": {}}) as site:
        small = _no_change(site, skus // 10)
    with open_site(more={"inventory": {}}) as site:
        large = _no_change(site, skus)
        say(f"  {skus:,} SKUs compared in {large.run.seconds:.1f} s with {large.run.peak_mb:.0f} MB")
        plain, options = _change(site, changes)
        with site.engine() as engine:
            pushed = _sync(site, engine)
        _require(site, pushed.run.counts["written"] == changes, "not every change was written")
    pages = -(-(_products(skus) - 1) // (_PAGE - 1))
    needed, least = pages + _STATUSES, -(-plain // _BULK) + options
    growth = round(large.run.peak_mb / small.run.peak_mb, 3)
    return Outcome(
        title=f"Stock of {skus:,} SKUs",
        figures=(
            Figure("products", _products(skus)),
            Figure("calls to the store, nothing changed", sum(large.store.values())),
            Figure("calls to the warehouse", sum(large.warehouse.values())),
            Figure("seconds of update_stock, nothing changed", round(large.run.seconds, 1), None, "s"),
            Figure(f"calls to the store, {changes:,} changes", sum(pushed.store.values())),
            Figure("of them writes", _writes(pushed.store)),
            Figure(f"seconds of update_stock, {changes:,} changes", round(pushed.run.seconds, 1), None, "s"),
            Figure(f"peak memory, {skus // 10:,} SKUs", round(small.run.peak_mb, 1), None, "MB"),
            Figure(f"peak memory, {changes:,} changes", round(pushed.run.peak_mb, 1), None, "MB"),
        ),
        targets=(
            Target("writes of a sync without change", _writes(large.store), 0, "at most"),
            Target("calls of a sync without change", sum(large.store.values()), needed, "at most"),
            Target(f"writes of {changes:,} changes", _writes(pushed.store), least, "at most"),
            Target(
                f"calls besides, {changes:,} changes",
                sum(pushed.store.values()) - _writes(pushed.store),
                needed + _STATUSES,
                "at most",
            ),
            Target(f"peak memory, {skus:,} SKUs", round(large.run.peak_mb, 1), _TARGET_MB, "at most", "MB"),
            Target("growth at ten times the SKUs", growth, _TARGET_GROWTH, "at most", "x"),
        ),
        notes=(
            f"{_ORDERS} open orders of the store are not yet in the warehouse's figures.",
            (
                "Calls needed for reading: a page for every 199 products (pages overlap by a row), and one for each of "
                "four order statuses. After writing, the open orders are read again."
            ),
            "Minimum writes: a hundred products per call, and the options of a product in one call.",
        ),
    )


def _products(skus: int) -> int:
    """Return the number of products. The last page must not be full, or the store could have capped it."""
    return skus // 2 + 10


def _no_change(site: Site, skus: int) -> _Synced:
    _stock(site, skus)
    with site.engine() as engine:
        done = _sync(site, engine)
    counts = done.run.counts
    _require(site, counts["compared"] == skus and counts["changed"] == 0, f"something differs: {counts}")
    return done


def _sync(site: Site, engine: Engine) -> _Synced:
    """Poll and push stock, and return the calls of both, and the push's time and memory."""
    before = counted(site.shop.store.journal), counted(site.shop.warehouse.journal)
    engine.run("poll_stock")
    pushed = engine.run("update_stock")
    after = counted(site.shop.store.journal), counted(site.shop.warehouse.journal)
    store, warehouse = (Counter(late) - Counter(early) for late, early in zip(after, before, strict=True))
    return _Synced(pushed, store, warehouse)


def _stock(site: Site, skus: int) -> None:
    """Give the warehouse and the store the same stock, and let customers buy some of it."""
    products: list[dict[str, Any]] = []
    names: list[str] = []
    for group in range(skus // (_PLAIN + _OPTIONS)):
        plain = [f"P{group}-{number}" for number in range(_PLAIN)]
        options = [f"O{group}-{number}" for number in range(_OPTIONS)]
        products += [{"SKUInfo": {"SKU": sku, "Name": sku, "Stock": float(_UNITS)}} for sku in plain]
        products.append(
            {"SKUInfo": {"SKU": f"B{group}", "Name": f"B{group}"}, "AdvancedOptionList": _rows(options)}
        )
        names += [*plain, *options]
    # A fifth are products with options; the remaining products have SKUs that the warehouse does not have.
    products += [{"SKUInfo": {"SKU": f"X{number}"}} for number in range(_products(skus) - len(products))]
    shop = site.shop
    with shop.store.state.lock:
        shop.store.state.stock(products)
    with shop.warehouse.state.lock:
        for sku in names:
            shop.warehouse.state.catalogue.put_item({"sku": sku, "qty": _UNITS}, shop.clock.now())
    sold = [catalog_id for catalog_id in shop.store.state.goods.ids() if catalog_id % (_PLAIN + 1)][:_ORDERS]
    for number in range(_ORDERS):
        shop.store.buy([{"catalog_id": sold[number % len(sold)], "quantity": 1}])


def _rows(skus: list[str]) -> list[dict[str, Any]]:
    return [
        {"AdvancedOptionCode": f"{61 + place}-9", "AdvancedOptionSufix": sku, "AdvancedOptionStock": _UNITS}
        for place, sku in enumerate(skus)
    ]


def _change(site: Site, changes: int) -> tuple[int, int]:
    """Add a unit of so many SKUs at the warehouse. Return the number of products, and of products with options."""
    groups = changes // (_CHANGED_PLAIN + _CHANGED_OPTIONS)
    plain = [f"P{number // _PLAIN}-{number % _PLAIN}" for number in range(groups * _CHANGED_PLAIN)]
    options = [f"O{group}-{number}" for group in range(groups) for number in range(_CHANGED_OPTIONS)]
    with site.shop.warehouse.state.lock:
        for sku in [*plain, *options]:
            item = site.shop.warehouse.state.catalogue.item(12, sku)
            if item is not None:
                item.on_hand += 1
    return len(plain), groups


def _writes(calls: Calls) -> int:
    return sum(times for call, times in calls.items() if call.startswith("PUT"))


def _require(site: Site, right: bool, what: str) -> None:
    """Raise StockDoesNotAddUp unless `right`, and unless no stock is too high."""
    wrong = [
        sku
        for sku, shown in _shown(site).items()
        if (item := site.shop.warehouse.state.catalogue.item(12, sku)) and shown > float(item.available)
    ]
    if not right or wrong:
        raise StockDoesNotAddUp(f"{what}; {len(wrong)} stocks are higher than the warehouse has: {wrong[:5]}")


def _shown(site: Site) -> dict[str, float]:
    goods = site.shop.store.state.goods
    shown: dict[str, float] = {}
    for catalog_id in goods.ids():
        sku = str(goods.get(catalog_id)["SKUInfo"]["SKU"])
        shown[sku] = goods.stock(catalog_id, sku)
        for option in goods.options(catalog_id):
            name = str(option["AdvancedOptionSufix"])
            shown[name] = goods.stock(catalog_id, name)
    return shown
