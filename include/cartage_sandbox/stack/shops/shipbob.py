"""A sandbox store and a sandbox ShipBob account, served over HTTP, with what is needed to connect to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar

from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.shipbob import DEFAULT_CHANNEL_ID, DEFAULT_TOKEN, ShipBobEmulator, create_shipbob
from cartage_sandbox.stack.storefront import STOCK_OF_EACH, ApiShop, address


class ShipBobShop(ApiShop[ShipBobEmulator]):
    """An emulated store and an emulated ShipBob account on free ports of 127.0.0.1. A context manager."""

    connector = "shipbob"
    title = "ShipBob"
    ship_method: ClassVar[Mapping[str, str]] = {"carrier": "ShipBob", "service": "Standard"}
    notes_of_lines = False
    refuses = frozenset({"engraving"})

    def account_settings(self) -> dict[str, Any]:
        """Return the channel."""
        return {"channel_id": DEFAULT_CHANNEL_ID}

    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let the account have plenty of these items."""
        with self.warehouse.state.lock:
            for sku, description in items:
                row = {"sku": sku, "name": description, "quantity": STOCK_OF_EACH}
                self.warehouse.state.put_item(row)

    def promised(self) -> dict[str, float]:
        """Return what lies there of each SKU, less what is committed to orders or lacking for them."""
        with self.warehouse.state.lock:
            return {
                item.sku: float(item.on_hand - item.committed - item.lacking)
                for item in self.warehouse.state.items
            }

    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order of the account: its reference, and the tracking numbers of its shipments."""
        with self.warehouse.state.lock:
            self.warehouse.floor.settle()
            return [
                (order.reference, [each.tracking_number for each in order.shipments if each.tracking_number])
                for order in self.warehouse.state.orders.values()
            ]

    def revoke_tokens(self) -> None:
        """Revoke the tokens of applications. A personal access token does not expire."""
        self.warehouse.tokens.revoke_all()

    def _create_warehouse(self, rng: Random, rules: Mapping[str, RuleValue] | None) -> ShipBobEmulator:
        return create_shipbob(clock=self.clock, rng=rng, rules=rules)

    def _connect_warehouse(self) -> dict[str, Any]:
        return {"conn_type": "shipbob", **address(self.warehouse_url), "password": DEFAULT_TOKEN}
