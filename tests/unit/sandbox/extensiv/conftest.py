"""A warehouse without a server, at noon, with two SKUs."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from cartage_sandbox.extensiv import WarehouseEmulator, create_warehouse
from cartage_sandbox.extensiv.data.model import Order
from cartage_sandbox.kernel import Clock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Warehouse:
    """A warehouse, with shortcuts to add orders."""

    def __init__(self) -> None:
        self.clock = Clock(NOON, frozen=True)
        self.emulator: WarehouseEmulator = create_warehouse(clock=self.clock, rng=random.Random(1))
        for sku in ("MUG", "HAT"):
            self.emulator.state.catalogue.put_item({"sku": sku, "qty": 10}, NOON)

    def accept(self, reference: str, **quantities: int) -> Order:
        lines = [
            {"itemIdentifier": {"sku": sku}, "qty": qty} for sku, qty in (quantities or {"MUG": 2}).items()
        ]
        posted: dict[str, Any] = {
            "customerIdentifier": {"id": 12},
            "facilityIdentifier": {"id": 1},
            "referenceNum": reference,
            "shipTo": {"name": "A", "address1": "1 St", "city": "B", "zip": "1", "country": "US"},
            "orderItems": lines,
        }
        return self.emulator.desk.create(posted)


@pytest.fixture
def warehouse() -> Warehouse:
    return Warehouse()
