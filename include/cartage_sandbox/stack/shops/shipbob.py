"""A sandbox store and a sandbox ShipBob account, served over HTTP, with what is needed to connect to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from random import Random
from typing import Any

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.shipbob import DEFAULT_CHANNEL_ID, DEFAULT_TOKEN, ShipBobEmulator, create_shipbob
from cartage_sandbox.stack.storefront import STOCK_OF_EACH, Storefront, address


class ShipBobShop(Storefront):
    """An emulated store and an emulated ShipBob account on free ports of 127.0.0.1. A context manager."""

    def __init__(
        self,
        name: str = "demo",
        *,
        seed: int = 1,
        store_rules: Mapping[str, RuleValue] | None = None,
        warehouse_rules: Mapping[str, RuleValue] | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, seed=seed, store_rules=store_rules, clock=clock)
        self.warehouse_connection = f"shipbob_{name}"
        self.warehouse: ShipBobEmulator = create_shipbob(
            clock=self.clock, rng=Random(seed), rules=warehouse_rules
        )
        self._warehouse_server = SandboxServer(self.warehouse.app)

    @property
    def warehouse_url(self) -> str:
        """Return the address of ShipBob's API."""
        return self._warehouse_server.url

    def lane_warehouse(self, **settings: Any) -> dict[str, Any]:
        """Return the section `warehouse` of a lane, with these settings of the connector besides."""
        return {
            "connector": "shipbob",
            "connection": self.warehouse_connection,
            "settings": {"channel_id": DEFAULT_CHANNEL_ID, **settings},
        }

    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let the account have plenty of these items."""
        with self.warehouse.state.lock:
            for sku, description in items:
                self.warehouse.state.put_item({"sku": sku, "name": description, "quantity": STOCK_OF_EACH})

    def references(self) -> dict[str, int]:
        """Return how often ShipBob created an order with each reference."""
        return self.warehouse.journal.count_by_key("order.created")

    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order at ShipBob with its tracking numbers."""
        with self.warehouse.state.lock:
            return [
                (order.reference, [part.tracking_number for part in order.shipments if part.tracking_number])
                for order in self.warehouse.state.orders.values()
            ]

    def _warehouse_servers(self) -> Sequence[AbstractContextManager[object]]:
        return [self._warehouse_server]

    def _connect_warehouse(self) -> dict[str, Any]:
        return {"conn_type": "shipbob", **address(self.warehouse_url), "password": DEFAULT_TOKEN}
