"""A world whose warehouse is ShipBob: the whole lane, with the real connector and the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from cartage_sandbox.shipbob.data.model import Detail, Order, Status
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from tests.contract.world import World


@dataclass
class ShipBobWorld(World):
    """A lane with its store and a ShipBob account."""

    bob: ShipBobShop = field(kw_only=True)

    def references(self) -> dict[str, int]:
        """Return how often ShipBob accepted each reference, by its own journal."""
        return self.bob.references()

    def held(self, order_id: int, place: int = 0) -> list[Order]:
        """Return ShipBob's orders under the reference of a fulfillment order."""
        return self.bob.warehouse.state.with_reference(self.reference_of(order_id, place))

    def stock(self, *skus: str, **fields: Any) -> None:
        """Let the account have these items."""
        with self.bob.warehouse.state.lock:
            for sku in skus:
                self.bob.warehouse.state.put_item({"sku": sku, "quantity": 1000, **fields})

    def ship(self, order_id: int, *, place: int = 0, packages: int = 1) -> list[str]:
        """Let ShipBob ship one fulfillment order; return all its tracking numbers."""
        orders = self.held(order_id, place)
        self.bob.warehouse.floor.ship(orders, packages=packages)
        return [part.tracking_number for order in orders for part in order.shipments if part.tracking_number]

    def trouble(self, order_id: int, status: str, *details: str) -> None:
        """Give an open order's shipments another status, for these reasons."""
        named = [Detail(name) for name in details]
        self.bob.warehouse.floor.trouble(self.held(order_id), Status(status), named)

    def warehouse_fault(self, route: str, kind: Kind, moment: Moment = "before", **more: Any) -> None:
        """Let requests to ShipBob fail."""
        self.bob.warehouse.faults.add(Fault(route, kind, moment, **more))
