"""A sandbox store with whatever warehouse fills its orders: what every kind of shop has."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar
from urllib.parse import urlsplit

from cartage_sandbox.generate import DEFAULT_MIX
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.faults import Faults
from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import Rules, RuleValue
from cartage_sandbox.kernel.server import SandboxServer
from cartage_sandbox.threedcart import TOKEN, Credentials, StoreEmulator, create_store

if TYPE_CHECKING:
    from starlette.types import ASGIApp

STOCK_OF_EACH = 1_000_000
# The options of the generated catalogue that have SKUs of their own.
OPTIONS_IN_SKU = ("Color", "Size", "Finish")


class Storefront(ABC):
    """An emulated store on a free port of 127.0.0.1, and the warehouse of a subclass. A context manager.

    `name` is part of the store's Secure URL and of both connection ids, so that several shops can run side by side.
    """

    warehouse_connection: str

    def __init__(
        self,
        name: str,
        *,
        seed: int,
        store_rules: Mapping[str, RuleValue] | None,
        clock: Clock | None,
    ) -> None:
        self.clock = clock or Clock()
        self.seed = seed
        self.store_connection = f"threedcart_{name}"
        rules: Mapping[str, RuleValue] = {"store_time_zone": "America/New_York", **(store_rules or {})}
        self.store: StoreEmulator = create_store(
            self.clock,
            Random(seed),
            rules,
            Credentials(secure_url=f"https://{name}-outfitters.3dcartstores.com"),
        )
        self._store_server = SandboxServer(self.store.app)
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Serve the store and the warehouse."""
        with ExitStack() as started:
            for server in (self._store_server, *self._warehouse_servers()):
                started.enter_context(server)
            self._running = started.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._running.close()

    @property
    def store_url(self) -> str:
        """Return the address of the store's API."""
        return self._store_server.url

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
        self.stock_up([(sku, description) for sku, description in made["warehouse_items"]])
        ids: dict[str, list[int]] = made["ids"]
        return ids

    def connections(self) -> dict[str, str]:
        """Return the two Airflow connections as environment variables."""
        store = {
            "conn_type": "threedcart",
            **address(self.store_url),
            "extra": {
                "secure_url": self.store.credentials.secure_url,
                "private_key": self.store.credentials.private_key,
                "token": TOKEN,
            },
        }
        return {
            f"AIRFLOW_CONN_{self.store_connection.upper()}": json.dumps(store),
            f"AIRFLOW_CONN_{self.warehouse_connection.upper()}": json.dumps(self._connect_warehouse()),
        }

    @abstractmethod
    def lane_warehouse(self, **settings: Any) -> dict[str, Any]:
        """Return the section `warehouse` of a lane, with these settings of the connector besides."""

    @abstractmethod
    def stock_up(self, items: Sequence[tuple[str, str]]) -> None:
        """Let the warehouse have plenty of these items, as (SKU, description)."""

    @abstractmethod
    def references(self) -> dict[str, int]:
        """Return how often the warehouse took each reference, by its own journal."""

    @abstractmethod
    def packages(self) -> list[tuple[str, list[str]]]:
        """Return each order at the warehouse: its reference, and the tracking numbers of its packages."""

    @abstractmethod
    def _warehouse_servers(self) -> Sequence[AbstractContextManager[object]]:
        """Return the warehouse's servers; each serves while it is entered."""

    @abstractmethod
    def _connect_warehouse(self) -> dict[str, Any]:
        """Return the Airflow connection to the warehouse."""


class ApiEmulator(Protocol):
    """An emulated warehouse with an API."""

    journal: Journal
    faults: Faults
    rules: Rules

    @property
    def app(self) -> ASGIApp:
        """Return the ASGI app."""


Emulator = TypeVar("Emulator", bound=ApiEmulator)


class ApiShop(Storefront, Generic[Emulator]):
    """An emulated store, and an emulated warehouse with an API on a free port of 127.0.0.1. A context manager.

    `connector` is the connector's name, `title` the vendor's. `ship_method` is one that the warehouse offers to every
    account; a lane's rules map the store's ship methods to it. Without `notes_of_lines` an order has no
    field for the options of a line, and `refuses` are the kinds of generated orders that cannot ship for such a reason.
    """

    connector: ClassVar[str]
    title: ClassVar[str]
    ship_method: ClassVar[Mapping[str, str]]
    notes_of_lines: ClassVar[bool] = True
    refuses: ClassVar[frozenset[str]] = frozenset()

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
        self.warehouse_connection = f"{self.connector}_{name}"
        self.warehouse: Emulator = self._create_warehouse(Random(seed), warehouse_rules)
        self._warehouse_server = SandboxServer(self.warehouse.app)

    @property
    def mix(self) -> dict[str, float]:
        """Return the shares of the kinds of orders, without those that this warehouse cannot ship."""
        return {kind: share for kind, share in DEFAULT_MIX.items() if kind not in self.refuses}

    @property
    def warehouse_url(self) -> str:
        """Return the address of the warehouse's API."""
        return self._warehouse_server.url

    def lane_warehouse(self, **settings: Any) -> dict[str, Any]:
        """Return the section `warehouse` of a lane, with these settings of the connector besides."""
        return {
            "connector": self.connector,
            "connection": self.warehouse_connection,
            "settings": {**self.account_settings(), **settings},
            **({"options_in_sku": list(OPTIONS_IN_SKU)} if not self.notes_of_lines else {}),
        }

    def references(self) -> dict[str, int]:
        """Return how often the warehouse created an order with each reference."""
        return self.warehouse.journal.count_by_key("order.created")

    @abstractmethod
    def account_settings(self) -> dict[str, Any]:
        """Return the settings of the connector that name the account's parts."""

    @abstractmethod
    def revoke_tokens(self) -> None:
        """Let every access token that was issued so far be worth nothing."""

    @abstractmethod
    def promised(self) -> dict[str, float]:
        """Return how many units of each SKU the warehouse can still promise; negative where it owes more."""

    @abstractmethod
    def _create_warehouse(self, rng: Random, rules: Mapping[str, RuleValue] | None) -> Emulator:
        """Return the emulator, with these rules."""

    def _warehouse_servers(self) -> Sequence[AbstractContextManager[object]]:
        return [self._warehouse_server]


def address(url: str) -> dict[str, Any]:
    """Return the fields of an Airflow connection to a URL."""
    parts = urlsplit(url)
    return {"schema": parts.scheme, "host": parts.hostname, "port": parts.port}
