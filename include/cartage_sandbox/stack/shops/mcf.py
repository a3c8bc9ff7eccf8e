"""A sandbox store and a sandbox seller account with Amazon MCF, with what is needed to connect to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar

from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.mcf import DEFAULT_APPLICATION, SellerEmulator, create_seller_account
from cartage_sandbox.stack.storefront import STOCK_OF_EACH, ApiShop, address


class SellerShop(ApiShop[SellerEmulator]):
    """An emulated store and an emulated seller account on free ports of 127.0.0.1. A context manager."""

    connector = "mcf"
    title = "Amazon MCF"
    ship_method: ClassVar[Mapping[str, str]] = {"carrier": "Amazon", "service": "Standard"}

    def account_settings(self) -> dict[str, Any]:
        """Return the marketplace. The options of a line are printed, as a merchant may choose."""
        return {"marketplace": "US", "print_options": True}

    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let the seller have plenty of these items."""
        with self.warehouse.state.lock:
            for sku, description in items:
                self.warehouse.state.put_goods({"sku": sku, "description": description, "qty": STOCK_OF_EACH})

    def promised(self) -> dict[str, float]:
        """Return the sellable units of each SKU: what orders have reserved is no longer among them."""
        with self.warehouse.state.lock:
            return {sku: float(goods.fulfillable) for sku, goods in self.warehouse.state.goods.items()}

    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order of the seller: its id, and the tracking numbers of its packages."""
        with self.warehouse.state.lock:
            self.warehouse.floor.settle()
            return [
                (
                    order.seller_id,
                    [parcel.tracking for each in order.shipments for parcel in each.parcels],
                )
                for order in self.warehouse.state.orders.values()
            ]

    def revoke_tokens(self) -> None:
        """Let every access token be worth nothing."""
        self.warehouse.login.revoke_all()

    def _create_warehouse(self, rng: Random, rules: Mapping[str, RuleValue] | None) -> SellerEmulator:
        return create_seller_account(clock=self.clock, rng=rng, rules=rules)

    def _connect_warehouse(self) -> dict[str, Any]:
        application, server = DEFAULT_APPLICATION, self.warehouse_url
        return {
            "conn_type": "mcf",
            **address(server),
            "login": application.client_id,
            "password": application.client_secret,
            "extra": {"refresh_token": application.refresh_token, "login_address": server},
        }
