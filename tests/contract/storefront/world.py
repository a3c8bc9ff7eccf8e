"""Shared by the tests of the store's client: a store, its client, and ways to inspect both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cartage.storefront import OrderQuery, StoreClient, StoreCredentials
from cartage.storefront.wire.orders import order_id_of
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.threedcart import StoreEmulator

# 09:00 on the store's clock, a Monday far from any clock change.
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
LIST = r"GET /3dCartWebAPI/v\d/Orders$"
BULK = r"PUT /3dCartWebAPI/v\d/Orders$"
SHIPMENT = r"PUT .*/Shipments/\d+$"


@dataclass
class CountingBudget:
    """Let every call leave and record penalties; a penalty advances the store's clock like a wait."""

    clock: Clock
    acquired: int = 0
    penalties: list[float | None] = field(default_factory=list)

    def acquire(self) -> None:
        self.acquired += 1

    def penalise(self, retry_after: float | None) -> None:
        self.penalties.append(retry_after)
        self.clock.advance(10.0 if retry_after is None else retry_after)


@dataclass
class World:
    """A store and its client; `waits` are the seconds that the client wanted to sleep."""

    emulator: StoreEmulator
    client: StoreClient
    credentials: StoreCredentials
    budget: CountingBudget
    waits: list[float]

    def place(self, number: int, **changes: Any) -> list[int]:
        """Place orders; the store completes each of them."""
        return self.emulator.place([dict(changes) for _ in range(number)])

    def break_with(self, **fault: Any) -> None:
        """Arm a fault."""
        self.emulator.faults.add(Fault(**fault))

    def intervene(self, **intervention: Any) -> None:
        """Arm an event in the store between two calls."""
        self.emulator.interventions.arm(intervention)

    def requests(self, method: str = "") -> list[dict[str, Any]]:
        """Return the journal's requests, of one method or all."""
        entries = self.emulator.journal.entries("request")
        return [entry for entry in entries if not method or entry["method"] == method]

    def status(self, order_id: int) -> int:
        """Return an order's actual status."""
        return int(self.emulator.order(order_id)["OrderStatusID"])

    def listed(self, query: OrderQuery | None = None, after_id: int = 0) -> list[int | None]:
        """Return the OrderIDs that the client lists, None for an entry without one."""
        pages = self.client.list_orders(query or OrderQuery(ZONE), after_id=after_id)
        return [order_id_of(entry) for page in pages for entry in page.entries]


def refusal(status: int, text: str = "") -> str:
    """Return 3dcart's body for a refusal."""
    return f'[{{"Key":"Error","Value":"","Status":"{status}","Message":"{text}"}}]'


def ids_of(entries: Sequence[Any]) -> list[int | None]:
    """Return the OrderIDs of entries."""
    return [order_id_of(entry) for entry in entries]
