"""The demo's lanes: which there are, the shop behind each, and what each has other than the shipped demo lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cartage_sandbox.demo import plan
from cartage_sandbox.demo.coasts import CoastsShop, coasts_lane, coasts_methods, keep_whole
from cartage_sandbox.stack.deployment import shipped_lane
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.shops import API_SHOPS
from cartage_sandbox.stack.storefront import ApiShop, Storefront

FILES = "files"
WAREHOUSES = (*API_SHOPS, FILES)
_FIRST_LANE = "demo"


@dataclass(frozen=True)
class DemoLane:
    """A lane: its name, the system of its warehouse, what was seeded, and its differences from the shipped lane.

    A lane `with_stock` posts stock, too. One that `knows_late` cannot see at once what is at its warehouse. `rules` are
    the ship methods with which its mappings in the ledger begin; without them they are in the lanes file.
    """

    name: str
    warehouse: str
    shop: Storefront
    seeded: plan.Seeded
    settings: Mapping[str, Any]
    with_stock: bool = True
    knows_late: bool = False
    rules: Sequence[Mapping[str, str]] = ()

    @property
    def dags(self) -> list[str]:
        """Return the ids of the lane's DAGs that the demo runs."""
        families = ("orders", "shipments", *(("inventory",) if self.with_stock else ()))
        return [f"{family}__{self.name}" for family in families]


def open_lanes(stack: ExitStack, warehouse: str, home: Path) -> list[DemoLane]:
    """Serve the shops of the demo's lanes until `stack` is closed, and fill their stores.

    There is one lane for a connector's name, and without one there are two: one with an Extensiv warehouse and a
    ShipBob account, and one that exchanges files.
    """
    now = datetime.now(UTC)
    lanes = []
    if not warehouse:
        lanes.append(_with_two(stack, now))
    elif warehouse != FILES:
        lanes.append(_with_api(stack, API_SHOPS[warehouse], now))
    if warehouse in ("", FILES):
        lanes.append(_with_files(stack, home / "warehouse", now))
    return lanes


def _with_two(stack: ExitStack, now: datetime) -> DemoLane:
    account, shipped = plan.ACCOUNTS[CoastsShop.connector], shipped_lane()
    shop = stack.enter_context(
        CoastsShop(seed=plan.SEED, store_rules=plan.STORE_RULES, warehouse_rules=account.rules)
    )
    seeded = plan.seed(shop, account.orders, now)
    keep_whole(shop, [*seeded.held, *(order for orders in seeded.blocked.values() for order in orders)])
    return DemoLane(
        _FIRST_LANE,
        shop.title,
        shop,
        seeded,
        coasts_lane(shop, shipped, now),
        rules=coasts_methods(shop, shipped),
    )


def _with_api(stack: ExitStack, kind: type[ApiShop[Any]], now: datetime) -> DemoLane:
    account = plan.ACCOUNTS[kind.connector]
    shop = stack.enter_context(
        kind(seed=plan.SEED, store_rules=plan.STORE_RULES, warehouse_rules=account.rules)
    )
    seeded = plan.seed(shop, account.orders, now)
    return DemoLane(
        _FIRST_LANE,
        shop.title,
        shop,
        seeded,
        plan.api_lane(shop, account, now),
        rules=plan.method_rules(shop, shipped_lane()),
    )


def _with_files(stack: ExitStack, root: Path, now: datetime) -> DemoLane:
    shop = stack.enter_context(
        FileShop(
            plan.FILES_LANE,
            root,
            seed=plan.FILES_SEED,
            store_rules=plan.STORE_RULES,
            warehouse_rules=plan.FILES_RULES,
            connection_extra=plan.FILES_TIMEOUTS,
        )
    )
    return DemoLane(
        plan.FILES_LANE,
        "DSFX over SFTP",
        shop,
        plan.seed_files(shop, now),
        plan.files_lane(shop, now),
        with_stock=False,
        knows_late=True,
    )
