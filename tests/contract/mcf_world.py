"""A world whose warehouse is Amazon: the whole lane, with the real connector and the emulated seller account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.kernel import Clock, SandboxServer
from cartage_sandbox.kernel.faults import Fault, Kind, Moment
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.mcf import DEFAULT_APPLICATION, SellerEmulator, create_seller_account
from cartage_sandbox.mcf.data.model import Order
from tests.contract.world import World, lane_settings

CONNECTION = "amazon_demo"


class SellerSite:
    """An emulated seller account on a free port of 127.0.0.1. A context manager."""

    def __init__(self, clock: Clock, rules: Mapping[str, RuleValue] | None = None) -> None:
        self.emulator: SellerEmulator = create_seller_account(
            clock=clock, rules={"throttle": False, **(rules or {})}
        )
        self.server = SandboxServer(self.emulator.app)

    def connection(self) -> dict[str, str]:
        """Return the Airflow connection as an environment variable."""
        login = {
            "refresh_token": DEFAULT_APPLICATION.refresh_token,
            "login_address": self.server.url,
        }
        fields = {
            "conn_type": "mcf",
            "host": self.server.url,
            "login": DEFAULT_APPLICATION.client_id,
            "password": DEFAULT_APPLICATION.client_secret,
            "extra": login,
        }
        return {f"AIRFLOW_CONN_{CONNECTION.upper()}": json.dumps(fields)}


def mcf_lane(settings: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return the settings of a lane on the emulated account. Every generated ship method is mapped to a speed."""
    paced = {"warehouse_burst": 100_000, "warehouse_calls_per_second": 10_000.0, **changes.pop("limits", {})}
    warehouse = {"marketplace": "US", "visibility_delay": "0s", **(settings or {})}
    return {
        **lane_settings(limits=paced, **changes),
        "warehouse": {
            "connector": "mcf",
            "connection": CONNECTION,
            "settings": warehouse,
            "options_in_sku": ["Color", "Size"],
        },
        "ship_methods": [
            {"store": name, "carrier": "Amazon", "service": "Standard"} for name in SHIP_METHODS
        ],
    }


@dataclass
class McfWorld(World):
    """A lane with its store and an Amazon account. Nothing leaves there until a test lets it."""

    site: SellerSite = field(kw_only=True)

    @property
    def seller(self) -> SellerEmulator:
        """The emulated account."""
        return self.site.emulator

    def references(self) -> dict[str, int]:
        """Return how often Amazon accepted each id, by its own journal."""
        return self.seller.journal.count_by_key("order.created")

    def stock(self, *skus: str, **fields: Any) -> None:
        """Let the seller have these items."""
        with self.seller.state.lock:
            for sku in skus:
                self.seller.state.put_goods({"sku": sku, "qty": 1000, **fields})

    def place(self, kind: str = "single", count: int = 1, **edits: Any) -> list[int]:
        """Put generated orders into the store, and their items into the seller's inventory."""
        ids = super().place(kind, count, **edits)
        self.stock(*(item.sku for item in self.shop.warehouse.state.catalogue.items()))
        return ids

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
