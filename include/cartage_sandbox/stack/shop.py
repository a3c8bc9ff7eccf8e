"""A sandbox store and a sandbox warehouse, served over HTTP, with what is needed to connect to them.

`deployment` adds what Cartage itself needs (ledger, Airflow).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL, WarehouseEmulator, create_warehouse
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.threedcart import TOKEN, Credentials, StoreEmulator, create_store

_STOCK_OF_EACH = 1_000_000


class Shop:
    """An emulated store and an emulated warehouse on free ports of 127.0.0.1. A context manager.

    `name` is part of the store's Secure URL and of both connection ids, so that several shops can run side by side.
    """

    def __init__(
        self,
        name: str = "demo",
        *,
        seed: int = 1,
        store_rules: Mapping[str, RuleValue] | None = None,
        warehouse_rules: Mapping[str, RuleValue] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.seed = seed
        self.store_connection = f"threedcart_{name}"
        self.warehouse_connection = f"extensiv_{name}"
        rules: Mapping[str, RuleValue] = {"store_time_zone": "America/New_York", **(store_rules or {})}
        self.store: StoreEmulator = create_store(
            self.clock,
            Random(seed),
            rules,
            Credentials(secure_url=f"https://{name}-outfitters.3dcartstores.com"),
        )
        self.warehouse: WarehouseEmulator = create_warehouse(
            clock=self.clock, rng=Random(seed), rules=warehouse_rules
        )
        self._servers = [SandboxServer(self.store.app), SandboxServer(self.warehouse.app)]

    def __enter__(self) -> Self:
        """Serve both."""
        for server in self._servers:
            server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        for server in self._servers:
            server.stop()

    @property
    def store_url(self) -> str:
        """Return the address of the store's API."""
        return self._servers[0].url

    @property
    def warehouse_url(self) -> str:
        """Return the address of the warehouse's API."""
        return self._servers[1].url

    def fill(
        self,
        orders: int,
        *,
        start: datetime,
        end: datetime,
        mix: Mapping[str, float] | None = None,
        products: int = 0,
    ) -> dict[str, list[int]]:
        """Generate orders, and give the warehouse every item that they need. Return the OrderIDs by kind."""
        made = self.store.generate(orders, seed=self.seed, start=start, end=end, mix=mix, products=products)
        with self.warehouse.state.lock:
            for sku, description in made["warehouse_items"]:
                row = {"sku": sku, "description": description, "qty": _STOCK_OF_EACH}
                self.warehouse.state.catalogue.put_item(row, self.clock.now())
        ids: dict[str, list[int]] = made["ids"]
        return ids

    def connections(self) -> dict[str, str]:
        """Return the two Airflow connections as environment variables."""
        store = {
            "conn_type": "threedcart",
            **_address(self.store_url),
            "extra": {
                "secure_url": self.store.credentials.secure_url,
                "private_key": self.store.credentials.private_key,
                "token": TOKEN,
            },
        }
        warehouse = {
            "conn_type": "extensiv",
            **_address(self.warehouse_url),
            "login": DEFAULT_CREDENTIAL.client_id,
            "password": DEFAULT_CREDENTIAL.client_secret,
            "extra": {"user_login": DEFAULT_CREDENTIAL.user_login, "tpl_secret": DEFAULT_CREDENTIAL.tpl},
        }
        return {
            f"AIRFLOW_CONN_{self.store_connection.upper()}": json.dumps(store),
            f"AIRFLOW_CONN_{self.warehouse_connection.upper()}": json.dumps(warehouse),
        }


def _address(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"schema": parts.scheme, "host": parts.hostname, "port": parts.port}
