"""A sandbox store and a sandbox Extensiv warehouse, served over HTTP, with what is needed to connect to them.

`deployment` adds what Cartage itself needs (ledger, Airflow).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar

from cartage_sandbox.extensiv import (
    DEFAULT_CREDENTIAL,
    DEFAULT_CUSTOMER_ID,
    DEFAULT_FACILITY_ID,
    WarehouseEmulator,
    create_warehouse,
)
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.storefront import STOCK_OF_EACH, ApiShop, address


class Shop(ApiShop[WarehouseEmulator]):
    """An emulated store and an emulated Extensiv warehouse on free ports of 127.0.0.1. A context manager."""

    connector = "extensiv"
    title = "Extensiv"
    ship_method: ClassVar[Mapping[str, str]] = {"carrier": "UPS", "service": "Ground"}

    def account_settings(self) -> dict[str, Any]:
        """Return the customer and the facility."""
        return {"customer_id": DEFAULT_CUSTOMER_ID, "facility_id": DEFAULT_FACILITY_ID}

    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let the warehouse have plenty of these items."""
        with self.warehouse.state.lock:
            for sku, description in items:
                row = {"sku": sku, "description": description, "qty": STOCK_OF_EACH}
                self.warehouse.state.catalogue.put_item(row, self.clock.now())

    def promised(self) -> dict[str, float]:
        """Return what the warehouse has of each SKU, less what is allocated or owed."""
        with self.warehouse.state.lock:
            return {
                item.sku: float(item.available - item.ordered_not_allocated)
                for item in self.warehouse.state.catalogue.items()
            }

    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order at the warehouse, parts of split ones under the reference that was accepted."""
        with self.warehouse.state.lock:
            return [
                (order.accepted_as, [package.tracking_number for package in order.packages])
                for order in self.warehouse.state.book
            ]

    def revoke_tokens(self) -> None:
        """Let every access token be worth nothing."""
        self.warehouse.tokens.revoke_all()

    def _create_warehouse(self, rng: Random, rules: Mapping[str, RuleValue] | None) -> WarehouseEmulator:
        return create_warehouse(clock=self.clock, rng=rng, rules=rules)

    def _connect_warehouse(self) -> dict[str, Any]:
        return {
            "conn_type": "extensiv",
            **address(self.warehouse_url),
            "login": DEFAULT_CREDENTIAL.client_id,
            "password": DEFAULT_CREDENTIAL.client_secret,
            "extra": {"user_login": DEFAULT_CREDENTIAL.user_login, "tpl_secret": DEFAULT_CREDENTIAL.tpl},
        }
