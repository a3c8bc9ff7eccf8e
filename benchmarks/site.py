"""The environment of all benchmarks: a shop, PostgreSQL, and a lane without limits.

The shop runs in this process, which does nothing else during a benchmark; engine and Airflow have their own processes.
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
from cartage_sandbox.stack.storefront import Storefront

SEED = 2026
# One fulfillment order per sales order, so that "orders" has one meaning in all figures.
MIX = {kind: share for kind, share in HEALTHY_MIX.items() if kind != "multi_ship_to"}
# The baseline gets orders without bundles, discounts and options, which its few lines cannot handle.
SIMPLE_MIX = {"single": 3.0, "multi_line": 2.0, "guest": 1.0}
UNTHROTTLED: Mapping[str, RuleValue] = {"throttle": False}
NO_LIMITS = {"burst": 100_000, "calls_per_second": 10_000}
_ONCE_A_YEAR = "0 0 1 1 *"

TimeWindow = tuple[datetime, datetime]

# As in docker-compose.yaml and the Helm values: how long an idle scheduler sleeps, how often DAG files are read.
AS_SHIPPED = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
}


@dataclass(frozen=True, slots=True)
class Site:
    """A shop, and the deployment that serves it."""

    shop: Shop
    deployment: Deployment
    postgres: EmbeddedPostgres

    def engine(self) -> Engine:
        """Return an engine process for the lane."""
        return Engine(self.deployment.cartage_env)

    def fill(self, orders: int, *, hours_ago: int = 6) -> tuple[frozenset[int], TimeWindow]:
        """Place orders within one hour, and return their OrderIDs and window."""
        return fill(self.shop, orders, hours_ago=hours_ago)

    def ship(self) -> None:
        """Ship every order of the warehouse, each in one package."""
        self.shop.warehouse.floor.ship(list(self.shop.warehouse.state.book))


def fill(
    shop: Storefront, orders: int, *, hours_ago: int = 6, mix: Mapping[str, float] = MIX
) -> tuple[frozenset[int], TimeWindow]:
    """Place orders within one hour, and return their OrderIDs and window."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    window = (start, start + timedelta(hours=1))
    by_kind = shop.fill(orders, start=window[0], end=window[1], mix=mix)
    return frozenset(order_id for ids in by_kind.values() for order_id in ids), window


@contextmanager
def open_site(
    *,
    store_rules: Mapping[str, RuleValue] = UNTHROTTLED,
    limits: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """Start everything except Airflow, and remove it at the end.

    `more` are further settings of the lane, `env` those of Airflow.
    """
    lane = {
        # Benchmarks start the runs. A sweep is due whenever an import has no window. The change watch comes every
        # 15 minutes, whatever the orders, so it is not part of an order's cost.
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
            Deployment(home, shop, postgres, lanes={"demo": lane}, env=env, all_admins=True)
        )
        yield Site(shop, deployment, postgres)
