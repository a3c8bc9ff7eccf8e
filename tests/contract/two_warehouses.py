"""A world with two warehouses: Extensiv in the east, ShipBob in the west."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from tests.contract.world import World, lane_settings

EAST, WEST = "east", "west"


@dataclass
class TwoWarehouses(World):
    """A lane with one store and two warehouses; `west` is the second one's sandbox."""

    west: ShipBobShop = field(kw_only=True)

    def at(self) -> dict[int, str]:
        """Return the warehouse of each order that is not superseded."""
        rows = self.rows("SELECT order_id, warehouse FROM fulfillment_order WHERE superseded_at IS NULL")
        return {row.order_id: row.warehouse for row in rows}

    def sent(self) -> dict[str, dict[str, int]]:
        """Return how often each warehouse accepted each reference, by its own journal."""
        return {EAST: self.references(), WEST: self.west.references()}

    def put_in_both(self, *skus: str, east: int = 1000, west: int = 1000) -> None:
        """Let both warehouses know these items, with so many of each."""
        with self.west.warehouse.state.lock:
            for sku in skus:
                self.west.warehouse.state.put_item({"sku": sku, "quantity": west})
        self.stock(*skus, qty=east)

    def west_ships(self, order_id: int) -> list[str]:
        """Let the western warehouse ship an order; return the tracking numbers."""
        orders = self.west.warehouse.state.with_reference(self.reference_of(order_id))
        self.west.warehouse.floor.ship(orders, packages=1)
        return [each.tracking_number for order in orders for each in order.shipments if each.tracking_number]

    def west_is_down(self) -> None:
        """Let every request to the western warehouse fail."""
        self.west.warehouse.faults.add(Fault(".*", "status", nth=0, status=503))

    def order_for(self, sku: str, **fields: Any) -> int:
        """Place an order of one unit of a SKU, which both warehouses know."""
        [order_id] = self.place(**fields)
        self.amend(order_id, line={"ItemID": sku})
        return order_id


def named(world: World, west: ShipBobShop, routing: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return the settings of the lane with its warehouse named, and the second one beside it."""
    settings = {**lane_settings(limits={"warehouse_burst": 100_000, "warehouse_calls_per_second": 10_000.0})}
    east = settings.pop("warehouse")
    theirs = west.lane_warehouse(visibility_delay="0s")
    methods = [{**rule, **west.ship_method} for rule in settings["ship_methods"]]
    settings["warehouses"] = {EAST: east, WEST: {**theirs, "options_in_sku": True, "ship_methods": methods}}
    return {**settings, "routing": routing, **changes}
