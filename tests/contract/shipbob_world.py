"""A world whose warehouse is ShipBob: the whole lane, with the real connector and the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.shipbob.data.model import Detail, Order, Status
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from tests.contract.world import World, lane_settings
from tests.emptied_ledger import opened_once

if TYPE_CHECKING:
    from cartage_sandbox.stack.shop import Shop


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

    def stock(self, *skus: str, qty: int = 1000, **fields: Any) -> None:
        """Let the account have so many of these items."""
        with self.bob.warehouse.state.lock:
            for sku in skus:
                self.bob.warehouse.state.put_item({"sku": sku, "quantity": qty, **fields})

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


def open_shipbob_world(
    ledger_url: str,
    rules: Mapping[str, RuleValue] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> ShipBobWorld:
    """Serve a store and a ShipBob account; the caller sets their connections, and closes `bob` and the ledger."""
    bob = ShipBobShop(
        seed=7, store_rules={"throttle": False}, warehouse_rules={"throttle": False, **(rules or {})}
    )
    bob.__enter__()
    lane = lane_settings(limits={"warehouse_burst": 100_000, "warehouse_calls_per_second": 10_000.0})
    # ShipBob has no notes of a line.
    chosen = {"visibility_delay": "0s", **(settings or {})}
    lane["warehouse"] = {**bob.lane_warehouse(**chosen), "options_in_sku": True}
    lane["ship_methods"] = [{**rule, **bob.ship_method} for rule in lane["ship_methods"]]
    lane["inventory"] = {}
    lane["schedules"] = {"sweep_every": "1s", "watch_every": "1s"}
    return ShipBobWorld(cast("Shop", bob), opened_once(ledger_url), lane, bob=bob)
