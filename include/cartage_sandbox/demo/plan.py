"""What the demo seeds, and what must happen to it. The seed makes every run the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cartage_sandbox.demo.stock import show_all_stock
from cartage_sandbox.generate import DEFAULT_MIX, EXPECTED, Expected
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.shop import Shop

SEED = 2033
ORDERS = 380
# The real throttle leaks 2 calls a second: 300 tracking numbers alone would take two and a half minutes.
THROTTLE_FACTOR = 10
REAL_CALLS_PER_SECOND = 2.0
SHIPS_AFTER_SECONDS = 20.0
# The second lane: another store, whose warehouse takes files.
FILES_LANE = "files"
FILES_SEED = 2034
FILES_ORDERS = 60
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


FILES_RULES: Mapping[str, bool | float | str] = {
    "auto_work_seconds": 1.0,
    "auto_ship_seconds": SHIPS_AFTER_SECONDS,
    "acknowledges": "all",
}
# Responses come at once here, so that the lane need not wait for long until it may believe that nothing is under way.
FILES_TIMEOUTS = {"conn_timeout": 2, "banner_timeout": 2, "auth_timeout": 2, "cmd_timeout": 2}


def files_lane(shop: FileShop) -> dict[str, Any]:
    """Return what the lane of files has other than the demo's."""
    section = shop.lane_warehouse(settle="1s", visibility_delay="5s", known_skus="inventory")
    return {
        "store": {"connection": shop.store_connection},
        "warehouse": {
            **section,
            "settings": {
                **dict.fromkeys(("customer_id", "facility_id", "facility_time_zone")),
                **section["settings"],
            },
            # Nobody has sent orders to this warehouse before: what it does not have may be sent.
            "when_absent": "send",
        },
        "schedules": LANE["schedules"],
        "limits": LANE["limits"],
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
    scenes = dict(zip((PARTIAL, TWO_PACKAGES, VOID), sorted(by_kind["multi_line"]), strict=False))
    return _seeded(by_kind, scenes)


def seed_files(shop: FileShop, now: datetime) -> Seeded:
    """Fill the second store and its warehouse, which writes an inventory file: by it the lane knows the SKUs."""
    # A file has room for the comment that is too long for Extensiv.
    mix = {kind: share for kind, share in DEFAULT_MIX.items() if kind != "huge_comment"}
    by_kind = shop.fill(FILES_ORDERS, start=now - _SPAN, end=now, mix=mix)
    with shop.warehouse.premises.lock:
        shop.warehouse.floor.send_inventory(shop.account)
    return _seeded(by_kind, {})


def _seeded(by_kind: Mapping[str, list[int]], scenes: Mapping[str, int]) -> Seeded:
    def of(expected: Expected) -> frozenset[int]:
        return frozenset(id_ for kind, ids in by_kind.items() if EXPECTED[kind] is expected for id_ in ids)

    blocked = {kind: ids for kind, ids in by_kind.items() if EXPECTED[kind] is Expected.BLOCKED}
    return Seeded(of(Expected.SHIPS), of(Expected.SKIPPED), blocked, scenes)
