"""The demo's lane with two warehouses: Extensiv in Ohio, and ShipBob for the west coast. Two rules route its orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from string import ascii_uppercase
from types import TracebackType
from typing import Any, Self

from cartage_sandbox.demo import plan
from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.deployment import merged
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop

OHIO, WEST = "ohio", "west"
# What must be kept cold: only Ohio ships it. What else is in the order goes where it would go without it, so that some
# orders are divided.
COLD = ("??BO-*", "BOTT*")
COAST = ("CA", "OR", "WA", "NV")
_INLAND = {"ShipmentState": "FL", "ShipmentZipCode": "33101", "ShipmentCity": "Miami"}
RULES: Sequence[Mapping[str, Any]] = (
    {"name": "cold", "when": {"skus": list(COLD)}, "to": OHIO},
    {"name": "coast", "when": {"countries": ["US"], "states": list(COAST)}, "to": WEST},
)
# Both warehouses take orders as fast as they come: how the demo's time is spent is the store's pace.
_LIMITS = {"warehouse_burst": 1_000, "warehouse_calls_per_second": 1_000.0}


class CoastsShop(Shop):
    """A sandbox store with two warehouses: Extensiv, and `west`, an account of ShipBob."""

    title = "Extensiv and ShipBob"

    def __init__(
        self,
        name: str = "demo",
        *,
        seed: int,
        store_rules: Mapping[str, RuleValue],
        warehouse_rules: Mapping[str, RuleValue],
    ) -> None:
        super().__init__(name, seed=seed, store_rules=store_rules, warehouse_rules=warehouse_rules)
        ships = {"auto_ship_seconds": plan.SHIPS_AFTER_SECONDS, "throttle": False}
        self.west = ShipBobShop(f"{name}_west", seed=seed + 1, warehouse_rules=ships)

    def __enter__(self) -> Self:
        """Serve the store and both warehouses."""
        super().__enter__()
        self.west.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.west.__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)

    @property
    def mix(self) -> dict[str, float]:
        """Return the shares of the kinds of orders that both warehouses can ship."""
        return {kind: share for kind, share in super().mix.items() if kind in self.west.mix}

    def connections(self) -> dict[str, str]:
        """Return the Airflow connections of the store and of both warehouses."""
        western = f"AIRFLOW_CONN_{self.west.warehouse_connection.upper()}"
        return super().connections() | {western: self.west.connections()[western]}

    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let both warehouses have plenty of these items."""
        super().stock_up(items)
        self.west.stock_up(items)

    def promised(self) -> dict[str, float]:
        """Return what both have of each SKU; of what must be kept cold, only what Ohio has."""
        western = {sku: units for sku, units in self.west.promised().items() if not is_cold(sku)}
        return {sku: units + western.get(sku, 0.0) for sku, units in super().promised().items()}

    def references(self) -> dict[str, int]:
        """Return how often each reference was taken, by both journals together."""
        return dict(Counter(super().references()) + Counter(self.west.references()))

    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order at either warehouse with its tracking numbers."""
        return [*super().packages(), *self.west.packages()]

    def of_ohio(self) -> set[str]:
        """Return the references that Ohio took."""
        return set(super().references())


@dataclass(frozen=True)
class AtWarehouse:
    """What one of the two warehouses did."""

    name: str
    system: str
    orders: int
    packages: int


def is_cold(sku: str) -> bool:
    """Return whether an item must be kept cold."""
    return any(fnmatchcase(sku.strip().upper(), pattern) for pattern in COLD)


def coasts_lane(shop: CoastsShop, shipped: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what the lane has other than the shipped demo lane."""
    east = merged(shipped["warehouse"], {"settings": shop.lane_warehouse(visibility_delay="5s")["settings"]})
    west = {"texts": shipped["warehouse"]["texts"], **shop.west.lane_warehouse(visibility_delay="5s")}
    return {
        **plan.LANE,
        "store": {"go_live": plan.go_live(now)},
        # A new lane waits for the longest life of a request before absence counts; here responses come at once.
        "limits": {**plan.LANE["limits"], **_LIMITS, "connect_timeout": "2s", "read_timeout": "8s"},
        "warehouse": None,
        # The sandbox does not make two orders of one, and it shows at once what it has.
        "warehouses": {OHIO: east, WEST: {**west, "when_absent": "send"}},
        "routing": [dict(rule) for rule in RULES],
    }


def coasts_methods(shop: CoastsShop, shipped: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rules for ship methods with which the lane begins: those for both, and the western one's own."""
    own = [{"store": name, **shop.west.ship_method, "warehouse": WEST} for name in SHIP_METHODS]
    return [*(dict(rule) for rule in shipped["ship_methods"]), *own]


def at_warehouses(shop: CoastsShop) -> tuple[AtWarehouse, AtWarehouse]:
    """Return what each of the two warehouses did, by itself."""
    western = shop.west.packages()
    every = sum(len(numbers) for _, numbers in shop.packages())
    theirs = sum(len(numbers) for _, numbers in western)
    return (
        AtWarehouse(OHIO, Shop.title, len(shop.of_ohio()), every - theirs),
        AtWarehouse(WEST, shop.west.title, len(shop.west.references()), theirs),
    )


def divided(shop: CoastsShop) -> int:
    """Return how many ship-to groups both warehouses ship parts of."""
    western = {_group(reference) for reference in shop.west.references()}
    return len(western & {_group(reference) for reference in shop.of_ohio()})


def keep_whole(shop: CoastsShop, order_ids: Iterable[int]) -> None:
    """Move orders that would be divided far from the coast: what stops them is to stop all of them."""
    for order_id in order_ids:
        order = shop.store.order(order_id)
        if not _is_readable(order):
            continue
        if any(len(_wanted(order, shipment)) > 1 for shipment in order["ShipmentList"]):
            inland = [{**shipment, **_INLAND} for shipment in order["ShipmentList"]]
            shop.store.edit(order_id, ShipmentList=inland)


def astray(shop: CoastsShop) -> Iterator[str]:
    """Yield what is at other warehouses than the rules say, by the store's own orders."""
    taken: dict[tuple[int, int], set[str]] = {}
    for name, references in ((OHIO, shop.of_ohio()), (WEST, set(shop.west.references()))):
        for reference in references:
            taken.setdefault(_group(reference), set()).add(name)
    for (order_id, shipment_id), names in sorted(taken.items()):
        order = shop.store.order(order_id)
        [shipment] = [each for each in order["ShipmentList"] if each["ShipmentID"] == shipment_id]
        if (wanted := _wanted(order, shipment)) != names:
            went, where = " and ".join(sorted(names)), " and ".join(sorted(wanted))
            yield f"order {order_id}, ship-to {shipment_id}, went to {went}, but the rules say {where}"
    if not shop.west.references():
        yield "no order went to the western warehouse"
    if taken and not divided(shop):
        yield "no order was divided between the two warehouses"


def _is_readable(order: Any) -> bool:
    """Return whether an order is no damaged one: nobody divides those."""
    lists = (
        [order.get(name) for name in ("ShipmentList", "OrderItemList")] if isinstance(order, dict) else [None]
    )
    return all(isinstance(rows, list) and all(isinstance(row, dict) for row in rows) for rows in lists)


def _group(reference: str) -> tuple[int, int]:
    """Return OrderID and ShipmentID of a reference; letters after them name a part or a generation."""
    _, order_id, shipment_id = reference.split("_")
    return int(order_id), int(shipment_id.rstrip(ascii_uppercase))


def _wanted(order: Mapping[str, Any], shipment: Mapping[str, Any]) -> set[str]:
    """Return the warehouses of a ship-to group, by a plain reading of the two rules. Bundles stay together."""
    bundles: dict[str, list[str]] = {}
    parents = set()
    for line in order["OrderItemList"]:
        if line["ItemShipmentID"] == shipment["ShipmentID"]:
            parent = str(line.get("ItemAdditionalField3") or "")
            parents.add(parent)
            bundles.setdefault(parent or str(line["ItemIndexID"]), []).append(str(line["ItemID"]))
    # The parent of a bundle ships as its components.
    whole = [skus[1:] if key in parents else skus for key, skus in bundles.items()]
    coast = (
        str(shipment["ShipmentCountry"]).strip() == "US" and str(shipment["ShipmentState"]).strip() in COAST
    )
    return {OHIO if any(map(is_cold, skus)) or not coast else WEST for skus in whole if skus}
