"""A world whose warehouse is Amazon: the whole lane, with the real connector and the emulated seller account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.mcf import SellerEmulator
from cartage_sandbox.mcf.data.model import Order
from cartage_sandbox.stack.shops.mcf import SellerShop
from tests.contract.world import World, lane_settings
from tests.emptied_ledger import opened_once

if TYPE_CHECKING:
    from cartage_sandbox.stack.shop import Shop


def mcf_lane(
    account: SellerShop, settings: Mapping[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """Return the settings of a lane on the emulated account. Every generated ship method is mapped to a speed."""
    paced = {"warehouse_burst": 100_000, "warehouse_calls_per_second": 10_000.0, **changes.pop("limits", {})}
    chosen = {"visibility_delay": "0s", "print_options": False, **(settings or {})}
    return {
        **lane_settings(limits=paced, **changes),
        "warehouse": {**account.lane_warehouse(**chosen), "options_in_sku": ["Color", "Size"]},
        "ship_methods": [{"store": name, **account.ship_method} for name in SHIP_METHODS],
    }


@dataclass
class McfWorld(World):
    """A lane with its store and an Amazon account. Nothing leaves there until a test lets it."""

    account: SellerShop = field(kw_only=True)

    @property
    def seller(self) -> SellerEmulator:
        """The emulated account."""
        return self.account.warehouse

    def references(self) -> dict[str, int]:
        """Return how often Amazon accepted each id, by its own journal."""
        return self.seller.journal.count_by_key("order.created")

    def stock(self, *skus: str, **fields: Any) -> None:
        """Let the seller have these items."""
        with self.seller.state.lock:
            for sku in skus:
                self.seller.state.put_goods({"sku": sku, "qty": 1000, **fields})

    def held(self, order_id: int, place: int = 0) -> Order:
        """Return the order that Amazon holds for a fulfillment order."""
        return self.seller.state.orders[self.reference_of(order_id, place)]

    def ship(self, order_id: int, *, place: int = 0, packages: int = 1) -> list[str]:
        """Let Amazon ship one fulfillment order; return the tracking numbers."""
        order = self.held(order_id, place)
        self.seller.floor.ship([order], packages=packages)
        return [parcel.tracking for shipment in order.shipments for parcel in shipment.parcels]

    def warehouse_fault(self, route: str, kind: Kind, moment: Moment = "before", **more: Any) -> None:
        """Let requests to Amazon fail."""
        self.seller.faults.add(Fault(route, kind, moment, **more))


def open_mcf_world(
    ledger_url: str,
    rules: Mapping[str, RuleValue] | None = None,
    settings: Mapping[str, Any] | None = None,
    **changes: Any,
) -> McfWorld:
    """Serve a store and a seller account; the caller sets their connections, and closes `account` and the ledger."""
    account = SellerShop(
        seed=7, store_rules={"throttle": False}, warehouse_rules={"throttle": False, **(rules or {})}
    )
    account.__enter__()
    ledger = opened_once(ledger_url)
    return McfWorld(cast("Shop", account), ledger, mcf_lane(account, settings, **changes), account=account)
