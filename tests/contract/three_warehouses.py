"""A world with three warehouses of three providers: Extensiv in the east, ShipBob in the west, Amazon in the north."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cartage_sandbox.extensiv.data.model import Status as ExtensivStatus
from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.kernel.journal import REQUEST
from cartage_sandbox.mcf.data.model import Status as SellerStatus
from cartage_sandbox.stack.shops.mcf import SellerShop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from tests.contract.divided import ship_reference
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses, named
from tests.contract.world import World

NORTH = "north"
WAREHOUSES = (EAST, WEST, NORTH)


@dataclass
class ThreeWarehouses(TwoWarehouses):
    """A lane with one store and three warehouses; `north` is the third one's sandbox."""

    north: SellerShop = field(kw_only=True)

    def sent(self) -> dict[str, dict[str, int]]:
        """Return how often each warehouse accepted each reference, by its own journal."""
        return {**super().sent(), NORTH: self.north.warehouse.journal.count_by_key("order.created")}

    def effects(self) -> list[int]:
        """Return how many effects the store and each warehouse have recorded so far; a token is none."""
        stands = (self.shop.store, self.shop.warehouse, self.west.warehouse, self.north.warehouse)
        journals = [stand.journal for stand in stands]
        return [
            len(journal.entries()) - journal.count(REQUEST) - journal.count("token.issued")
            for journal in journals
        ]

    def put(self, warehouse: str, sku: str, units: int) -> None:
        """Let a warehouse have so many of an item."""
        if warehouse == EAST:
            self.stock(sku, qty=units)
        elif warehouse == WEST:
            with self.west.warehouse.state.lock:
                self.west.warehouse.state.put_item({"sku": sku, "quantity": units})
        else:
            with self.north.warehouse.state.lock:
                self.north.warehouse.state.put_goods({"sku": sku, "qty": units})

    def is_down(self, warehouse: str) -> None:
        """Let every request to a warehouse fail."""
        self.faults_of(warehouse).add(Fault(".*", "status", nth=0, status=503))

    def faults_of(self, warehouse: str) -> Any:
        """Return the faults of a warehouse's sandbox."""
        shops: dict[str, Any] = {EAST: self.shop, WEST: self.west, NORTH: self.north}
        return shops[warehouse].warehouse.faults

    def ship_at(self, warehouse: str, reference: str, packages: int = 1) -> list[str]:
        """Let a warehouse ship what it has under a reference; return the tracking numbers."""
        if warehouse != NORTH:
            return ship_reference(self, warehouse, reference, packages)
        order = self.north.warehouse.state.orders[reference]
        self.north.warehouse.floor.ship([order], packages=packages)
        return [parcel.tracking for shipment in order.shipments for parcel in shipment.parcels]

    def units_at(self, warehouse: str) -> dict[str, Counter[str]]:
        """Return the units of each order that a warehouse ships or has shipped, by reference; no cancelled ones."""
        found: dict[str, Counter[str]] = {}
        if warehouse == EAST:
            for order in self.shop.warehouse.state.book:
                if order.status is not ExtensivStatus.CANCELED:
                    units = found.setdefault(order.accepted_as, Counter())
                    units.update({line.item.sku: int(line.qty) for line in order.lines})
        elif warehouse == WEST:
            for box in self.west.warehouse.state.orders.values():
                if box.status != "Cancelled":
                    units = found.setdefault(box.reference, Counter())
                    units.update({line.item.sku: line.quantity for line in box.lines})
        else:
            for parcel in self.north.warehouse.state.orders.values():
                if parcel.status is not SellerStatus.CANCELLED:
                    units = found.setdefault(parcel.seller_id, Counter())
                    units.update({line.sku: line.wanted for line in parcel.lines})
        return found


def three_warehouses(
    world: World, west: ShipBobShop, north: SellerShop, routing: list[dict[str, Any]], **changes: Any
) -> ThreeWarehouses:
    """Return the world with all three warehouses in its lane."""
    settings = named(world, west, routing, **changes)
    methods = [{**rule, **north.ship_method} for rule in settings["ship_methods"]]
    theirs = north.lane_warehouse(visibility_delay="0s", print_options=False)
    settings["warehouses"][NORTH] = {**theirs, "options_in_sku": True, "ship_methods": methods}
    return ThreeWarehouses(world.shop, world.ledger, settings, west=west, north=north)
