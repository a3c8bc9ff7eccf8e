"""The stage on which everything is measured: a shop, a PostgreSQL, a lane without limits of its own.

The shop lives in this process, which does nothing else while something is measured; the engine and Airflow have
processes of their own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.engine import Engine
from cartage_sandbox.generate import HEALTHY_MIX
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.deployment import Deployment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop

SEED = 2026
# One fulfillment order for each sales order: so that orders per second and calls per order mean one thing.
MIX = {kind: share for kind, share in HEALTHY_MIX.items() if kind != "multi_ship_to"}
# What the baseline is given: orders without bundles, discounts or options, which its few lines do not know.
SIMPLE_MIX = {"single": 3.0, "multi_line": 2.0, "guest": 1.0}
UNTHROTTLED: Mapping[str, RuleValue] = {"throttle": False}
NO_LIMITS = {"burst": 100_000, "calls_per_second": 10_000}
_ONCE_A_YEAR = "0 0 1 1 *"

TimeWindow = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Site:
    """A shop and the deployment that serves it."""

    shop: Shop
    deployment: Deployment
    postgres: EmbeddedPostgres

    def engine(self) -> Engine:
        """An engine process for the lane."""
        return Engine(self.deployment.cartage_env)

    def fill(self, orders: int, *, hours_ago: int = 6) -> tuple[frozenset[int], TimeWindow]:
        """Let customers order within one hour; returns the OrderIDs and the window that they were placed in."""
        return fill(self.shop, orders, hours_ago=hours_ago)

    def ship(self) -> None:
        """Let the warehouse ship every order that it has, each in one package."""
        self.shop.warehouse.floor.ship(list(self.shop.warehouse.state.book))


def fill(
    shop: Shop, orders: int, *, hours_ago: int = 6, mix: Mapping[str, float] = MIX
) -> tuple[frozenset[int], TimeWindow]:
    """Let customers order within one hour; returns the OrderIDs and the window that they were placed in."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    window = (start, start + timedelta(hours=1))
    by_kind = shop.fill(orders, start=window[0], end=window[1], mix=mix)
    return frozenset(id_ for ids in by_kind.values() for id_ in ids), window


@contextmanager
def open_site(
    *,
    store_rules: Mapping[str, RuleValue] = UNTHROTTLED,
    limits: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Iterator[Site]:
    """Everything but Airflow, running; gone without a trace at the end. `more` are further settings of the lane."""
    lane = {
        # What is measured is started by hand. A sweep is due whenever an import has no window.
        # The last-update read comes every 15 minutes, whatever the orders: it is no part of what one order costs.
        "schedules": {
            "orders": _ONCE_A_YEAR,
            "shipments": _ONCE_A_YEAR,
            "sweep_every": "1s",
            "watch_every": "never",
        },
        "limits": NO_LIMITS if limits is None else dict(limits),
        "warehouse": {"settings": {"visibility_delay": "0s"}},
        **(more or {}),
    }
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cartage-bench-")))
        shop = stack.enter_context(Shop(seed=SEED, store_rules=store_rules))
        postgres = stack.enter_context(EmbeddedPostgres(throw_away=True))
        deployment = stack.enter_context(
            Deployment(home, shop, postgres, lanes={"demo": lane}, all_admins=True)
        )
        yield Site(shop, deployment, postgres)
