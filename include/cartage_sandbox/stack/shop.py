"""A sandbox store and a sandbox Extensiv warehouse, served over HTTP, with what is needed to connect to them.

`deployment` adds what Cartage itself needs (ledger, Airflow).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from random import Random
from typing import Any

from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL, WarehouseEmulator, create_warehouse
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.stack.storefront import STOCK_OF_EACH, Storefront, address


class Shop(Storefront):
    """An emulated store and an emulated Extensiv warehouse on free ports of 127.0.0.1. A context manager."""

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
        self.warehouse_connection = f"extensiv_{name}"
        self.warehouse: WarehouseEmulator = create_warehouse(
            clock=self.clock, rng=Random(seed), rules=warehouse_rules
        )
        self._warehouse_server = SandboxServer(self.warehouse.app)

    @property
    def warehouse_url(self) -> str:
        """Return the address of the warehouse's API."""
        return self._warehouse_server.url

    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let the warehouse have plenty of these items."""
        with self.warehouse.state.lock:
            for sku, description in items:
                row = {"sku": sku, "description": description, "qty": STOCK_OF_EACH}
                self.warehouse.state.catalogue.put_item(row, self.clock.now())

    def references(self) -> dict[str, int]:
        """Return how often the warehouse created an order with each reference."""
        return self.warehouse.journal.count_by_key("order.created")

    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order at the warehouse, parts of split ones under the reference that was accepted."""
        with self.warehouse.state.lock:
            return [
                (order.accepted_as, [package.tracking_number for package in order.packages])
                for order in self.warehouse.state.book
            ]

    def _warehouse_servers(self) -> Sequence[AbstractContextManager[object]]:
        return [self._warehouse_server]

    def _connect_warehouse(self) -> dict[str, Any]:
        return {
            "conn_type": "extensiv",
            **address(self.warehouse_url),
            "login": DEFAULT_CREDENTIAL.client_id,
            "password": DEFAULT_CREDENTIAL.client_secret,
            "extra": {"user_login": DEFAULT_CREDENTIAL.user_login, "tpl_secret": DEFAULT_CREDENTIAL.tpl},
        }
