"""What the demo seeds, and what must happen to it. The seed makes every run the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cartage_sandbox.demo.stock import show_all_stock
from cartage_sandbox.generate import EXPECTED, Expected
from cartage_sandbox.stack.shop import Shop

SEED = 2033
ORDERS = 380
# The real throttle leaks 2 calls a second: 300 tracking numbers alone would take two and a half minutes.
THROTTLE_FACTOR = 10
REAL_CALLS_PER_SECOND = 2.0
SHIPS_AFTER_SECONDS = 20.0
_SPAN = timedelta(hours=6)
# What the warehouse does with three orders of several lines.
PARTIAL, TWO_PACKAGES, VOID = "partial shipment", "two packages", "voided label"

STORE_RULES: Mapping[str, float] = {"throttle_rate": REAL_CALLS_PER_SECOND * THROTTLE_FACTOR}
WAREHOUSE_RULES: Mapping[str, float] = {
    "auto_ship_seconds": SHIPS_AFTER_SECONDS,
    "auto_ship_multi_share": 0.1,
}
LANE = {
    "schedules": {"orders": "* * * * *", "shipments": "* * * * *", "sweep_every": "1m"},
    "limits": {"calls_per_second": REAL_CALLS_PER_SECOND * THROTTLE_FACTOR},
    "warehouse": {"settings": {"visibility_delay": "5s"}},
    "inventory": {"schedule": "* * * * *"},
}


@dataclass(frozen=True)
class Seeded:
    """The OrderIDs in the store, by expected result and by kind.

    The warehouse does not simply ship the orders in `scenes` (see `scenes.py`).
    """

    ships: frozenset[int]
    untouched: frozenset[int]
    blocked: Mapping[str, list[int]]
    scenes: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return how many entries the store's list has."""
        return len(self.ships) + len(self.untouched) + sum(map(len, self.blocked.values()))


def seed(shop: Shop, now: datetime) -> Seeded:
    """Fill the store with the orders of the last hours, and the warehouse with their items."""
    by_kind = shop.fill(ORDERS, start=now - _SPAN, end=now)
    show_all_stock(shop)

    def of(expected: Expected) -> frozenset[int]:
        return frozenset(id_ for kind, ids in by_kind.items() if EXPECTED[kind] is expected for id_ in ids)

    blocked = {kind: ids for kind, ids in by_kind.items() if EXPECTED[kind] is Expected.BLOCKED}
    scenes = dict(zip((PARTIAL, TWO_PACKAGES, VOID), sorted(by_kind["multi_line"]), strict=False))
    return Seeded(of(Expected.SHIPS), of(Expected.SKIPPED), blocked, scenes)
