"""What the demo seeds, and what must happen to it. The seed makes every run the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cartage_sandbox.demo.stock import show_all_stock
from cartage_sandbox.generate import DEFAULT_MIX, EXPECTED, SHIP_METHODS, Expected
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.storefront import ApiShop

SEED = 2033
# The real throttle leaks 2 calls a second: 300 tracking numbers alone would take two and a half minutes.
THROTTLE_FACTOR = 10
REAL_CALLS_PER_SECOND = 2.0
SHIPS_AFTER_SECONDS = 20.0
# The second lane: another store, whose warehouse takes files.
FILES_LANE = "files"
FILES_SEED = 2034
FILES_ORDERS = 60
_SPAN = timedelta(hours=6)
_SOON = timedelta(minutes=30)
_STORE_ZONE = ZoneInfo("America/New_York")
# States to which every demo lane ships from its first warehouse.
_FAR_FROM_THE_COAST = ("FL", "TX", "NY", "OH", "GA", "IL")
# What happens to four orders of several lines.
PARTIAL, TWO_PACKAGES, VOID, CHANGED = "partial shipment", "two packages", "voided label", "changed address"
# Of these, the ones that do not ship in full.
UNSHIPPED = (PARTIAL, CHANGED)
# Some buyers ask for a call; a rule of the lane holds their orders until a person has made it.
HELD_ORDERS = 3
_CALL = "Please call me before you ship this."
HOLD_RULE = "call-first"
ASKING_CONNECTION = "airflow_api"

STORE_RULES: Mapping[str, float] = {"throttle_rate": REAL_CALLS_PER_SECOND * THROTTLE_FACTOR}
# What the shipped demo lane has as settings of Extensiv's connector, and other connectors do not know.
_EXTENSIV_SETTINGS = ("customer_id", "facility_id", "facility_time_zone")


@dataclass(frozen=True)
class Account:
    """How the demo uses an account at a vendor: how many orders, by which rules, at which limits.

    Like the store's, the vendor's pace is faster than in reality.
    """

    orders: int
    rules: Mapping[str, float]
    limits: Mapping[str, float] = field(default_factory=dict)


ACCOUNTS: Mapping[str, Account] = {
    "extensiv": Account(380, {"auto_ship_seconds": SHIPS_AFTER_SECONDS, "auto_ship_multi_share": 0.1}),
    # 150 calls a minute, of which 30 at once.
    "shipbob": Account(
        150,
        {"auto_ship_seconds": SHIPS_AFTER_SECONDS, "throttle_calls": 150 * THROTTLE_FACTOR},
        {"warehouse_burst": 30 * THROTTLE_FACTOR, "warehouse_calls_per_second": 2.0 * THROTTLE_FACTOR},
    ),
    # 2 calls a second of an operation, and 30 at once.
    "mcf": Account(
        150,
        {
            "auto_ship_seconds": SHIPS_AFTER_SECONDS,
            "auto_ship_multi_share": 0.1,
            "throttle_rate": 2.0 * THROTTLE_FACTOR,
            "throttle_burst": 30 * THROTTLE_FACTOR,
            "throttle_burst_stock": 30 * THROTTLE_FACTOR,
        },
        {"warehouse_burst": 29 * THROTTLE_FACTOR, "warehouse_calls_per_second": 2.0 * THROTTLE_FACTOR},
    ),
}
LANE: Mapping[str, Any] = {
    "schedules": {"orders": "* * * * *", "shipments": "* * * * *", "sweep_every": "1m", "watch_every": "1m"},
    "limits": {"calls_per_second": REAL_CALLS_PER_SECOND * THROTTLE_FACTOR},
    "inventory": {"schedule": "* * * * *"},
    # People fix mappings at the desk, or in Airflow's Required Actions, of which two at a time are enough to see them.
    "mappings": "ledger",
    "ship_methods": None,
    "required_actions": {"connection": ASKING_CONNECTION, "decided_by": ["admin", "ops"], "max_open": 2},
    "holds": [
        {
            "name": HOLD_RULE,
            "reason": "the buyer asks for a call",
            "owner": "ops",
            "hold_for": "1d",
            "words": ["call me"],
        }
    ],
}


FILES_RULES: Mapping[str, bool | float | str] = {
    "auto_work_seconds": 1.0,
    "auto_ship_seconds": SHIPS_AFTER_SECONDS,
    "acknowledges": "all",
}
# Responses come at once here, so that the lane need not wait for long until it may believe that nothing is under way.
FILES_TIMEOUTS = {"conn_timeout": 2, "banner_timeout": 2, "auth_timeout": 2, "cmd_timeout": 2}


def go_live(now: datetime) -> date:
    """Return the store's day on which the lanes go live: today, or yesterday if today has only just begun."""
    return (now - _SOON).astimezone(_STORE_ZONE).date()


def first_order(now: datetime) -> datetime:
    """Return when the oldest order is placed: some hours ago, and not before the go-live."""
    return max(now - _SPAN, datetime.combine(go_live(now), time(), tzinfo=_STORE_ZONE))


def api_lane(shop: ApiShop[Any], account: Account, now: datetime) -> dict[str, Any]:
    """Return what the lane of a warehouse with an API has other than the shipped demo lane."""
    section = shop.lane_warehouse(visibility_delay="5s")
    lane = {**LANE, "store": {"go_live": go_live(now)}}
    if shop.connector == Shop.connector:
        return {**lane, "warehouse": {"settings": section["settings"]}}
    return {
        **lane,
        # A new lane waits for the longest life of a request before absence counts; here responses come at once.
        "limits": {**LANE["limits"], **account.limits, "connect_timeout": "2s", "read_timeout": "8s"},
        "warehouse": {
            **section,
            "settings": {**dict.fromkeys(_EXTENSIV_SETTINGS), **section["settings"]},
            # The sandbox does not make two orders of one, and it shows at once what it has.
            "when_absent": "send",
        },
    }


def method_rules(shop: ApiShop[Any], shipped: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the rules for ship methods with which the lane begins. `shipped` is the shipped demo lane."""
    if shop.connector == Shop.connector:
        return [dict(rule) for rule in shipped["ship_methods"]]
    return [{"store": name, **shop.ship_method} for name in SHIP_METHODS]


def files_lane(shop: FileShop, now: datetime) -> dict[str, Any]:
    """Return what the lane of files has other than the demo's."""
    section = shop.lane_warehouse(settle="1s", visibility_delay="5s", known_skus="inventory")
    return {
        "store": {"connection": shop.store_connection, "go_live": go_live(now)},
        "warehouse": {
            **section,
            "settings": {
                **dict.fromkeys(_EXTENSIV_SETTINGS),
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

    The warehouse does not simply ship the orders in `scenes` (see `scenes.py`), and those of the scenes in `UNSHIPPED`
    not in full. A rule holds those in `held`.
    """

    ships: frozenset[int]
    untouched: frozenset[int]
    blocked: Mapping[str, list[int]]
    scenes: Mapping[str, int] = field(default_factory=dict)
    held: frozenset[int] = frozenset()

    @property
    def total(self) -> int:
        """Return how many entries the store's list has."""
        return len(self.sent) + len(self.held) + len(self.untouched) + sum(map(len, self.blocked.values()))

    @property
    def sent(self) -> frozenset[int]:
        """Return the orders that go to the warehouse."""
        return self.ships - self.held

    @property
    def shipped(self) -> frozenset[int]:
        """Return the orders that are Shipped in the end."""
        return self.sent - {self.scenes[scene] for scene in UNSHIPPED if scene in self.scenes}


def seed(shop: ApiShop[Any], orders: int, now: datetime) -> Seeded:
    """Fill the store with the orders of the last hours, and the warehouse with their items."""
    by_kind = shop.fill(orders, start=first_order(now), end=now, mix=shop.mix)
    show_all_stock(shop)
    held = sorted(by_kind["single"])[:HELD_ORDERS]
    for order_id in held:
        shop.store.edit(order_id, CustomerComments=_CALL)
    multi_line = _for_scenes(shop, by_kind["multi_line"]) if shop.connector == Shop.connector else []
    scenes = dict(zip((PARTIAL, TWO_PACKAGES, VOID, CHANGED), multi_line, strict=False))
    return _seeded(by_kind, scenes, frozenset(held))


def _for_scenes(shop: ApiShop[Any], orders: Sequence[int]) -> list[int]:
    """Return orders that no rule sends anywhere but to the first warehouse, the oldest first."""
    in_store = {order_id: shop.store.order(order_id) for order_id in sorted(orders)}
    return [
        order_id
        for order_id, order in in_store.items()
        if order["ShipmentList"][0]["ShipmentState"] in _FAR_FROM_THE_COAST
    ]


def seed_files(shop: FileShop, now: datetime) -> Seeded:
    """Fill the second store and its warehouse, which writes an inventory file: by it the lane knows the SKUs."""
    # A file has room for the comment that is too long for Extensiv.
    mix = {kind: share for kind, share in DEFAULT_MIX.items() if kind != "huge_comment"}
    by_kind = shop.fill(FILES_ORDERS, start=first_order(now), end=now, mix=mix)
    with shop.warehouse.premises.lock:
        shop.warehouse.floor.send_inventory(shop.account)
    return _seeded(by_kind, {}, frozenset())


def _seeded(by_kind: Mapping[str, list[int]], scenes: Mapping[str, int], held: frozenset[int]) -> Seeded:
    def of(expected: Expected) -> frozenset[int]:
        return frozenset(id_ for kind, ids in by_kind.items() if EXPECTED[kind] is expected for id_ in ids)

    blocked = {kind: ids for kind, ids in by_kind.items() if EXPECTED[kind] is Expected.BLOCKED}
    return Seeded(of(Expected.SHIPS), of(Expected.SKIPPED), blocked, scenes, held)
