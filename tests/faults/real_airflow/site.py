"""A real Airflow with a sandbox shop, whose components are restarted when they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from typing import Any

from cartage_sandbox.kernel.journal import Journal
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.stack.deployment import Deployment
from cartage_sandbox.stack.environment import FAST_RECOVERY
from cartage_sandbox.stack.guard import guard
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.processes import end_session, is_alive
from cartage_sandbox.stack.servers.redis import Redis
from cartage_sandbox.stack.shop import Shop

LANE = "demo"
ORDERS_DAG, SHIPMENTS_DAG = f"orders__{LANE}", f"shipments__{LANE}"
# The store's bucket and the lane's pace are ten times 3dcart's (3dcart-api.md, section 3.3).
PACE_FACTOR = 10
_STORE_RULES: Mapping[str, RuleValue] = {
    "throttle_size": 50 * PACE_FACTOR,
    "throttle_rate": 2.0 * PACE_FACTOR,
}
# Tasks at once, and connections to the ledger that each may have at most: its threads, and two.
PARALLELISM = 8
CONNECTIONS_PER_TASK = 8 + 2
_WAREHOUSE_RULES: Mapping[str, RuleValue] = {"auto_ship_seconds": 5.0}
_POLL_SECONDS = 0.5
_LANE: Mapping[str, Any] = {
    "store": {"go_live": "2026-01-01"},
    "warehouse": {"settings": {"visibility_delay": "1s"}},
    "schedules": {"orders": "* * * * *", "shipments": "* * * * *", "sweep_every": "1m", "watch_every": "5m"},
    "limits": {
        "threads": CONNECTIONS_PER_TASK - 2,
        "burst": 50 * PACE_FACTOR,
        "calls_per_second": 2.0 * PACE_FACTOR,
        "connect_timeout": "2s",
        "read_timeout": "5s",
        "lease": "30s",
    },
}


class Keeper(threading.Thread):
    """Restarts components that have ended, as a service manager does. `left` has the sessions of ended ones."""

    def __init__(self, airflow: AirflowStack) -> None:
        super().__init__(name="keeper", daemon=True)
        self._airflow = airflow
        self._over = threading.Event()
        self.left: list[int] = []

    def run(self) -> None:
        """Watch the components until `end`."""
        while not self._over.wait(_POLL_SECONDS):
            for component, process in list(self._airflow.processes.items()):
                if not is_alive(process.pid):
                    process.handle.wait()
                    self.left.append(process.pid)
                    self._airflow.launch(component)

    def end(self) -> None:
        """Stop watching, and end the processes that ended components have left."""
        self._over.set()
        self.join()
        for leader in self.left:
            end_session(leader, SIGKILL, 5.0)
            guard.forget(leader)


@dataclass
class Site:
    """The world of a trial. `kinds` has the OrderIDs of each kind of placed orders."""

    shop: Shop
    postgres: EmbeddedPostgres
    deployment: Deployment
    airflow: AirflowStack
    ledger: str
    on_celery: bool
    kinds: dict[str, list[int]] = field(default_factory=dict)

    def journal(self, whose: str) -> Journal:
        """Return the store's or the warehouse's journal."""
        return self.shop.store.journal if whose == "store" else self.shop.warehouse.journal

    def place_orders(self, count: int) -> None:
        """Place orders of all kinds in the store, as of the last hour."""
        now = datetime.now(UTC)
        for kind, ids in self.shop.fill(count, start=now - timedelta(hours=1), end=now).items():
            self.kinds.setdefault(kind, []).extend(ids)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Query the ledger."""
        with self.postgres.connect(self.ledger) as connection:
            return connection.execute(query).fetchall()

    def client(self) -> AirflowClient:
        """Return a REST session."""
        return self.airflow.client()


@contextmanager
def open_site(
    folder: Path, postgres: EmbeddedPostgres, *, seed: int, orders: int, on_celery: bool = False
) -> Iterator[Site]:
    """Start an Airflow with paused DAGs and a store with so many orders, and remove them at the end."""
    ledger = f"ledger_{seed}"
    shop = Shop(seed=seed, store_rules=_STORE_RULES, warehouse_rules=_WAREHOUSE_RULES)
    try:
        with (
            shop,
            Redis() if on_celery else nullcontext() as redis,
            Deployment(
                folder,
                shop,
                postgres,
                lanes={LANE: _LANE},
                env=FAST_RECOVERY,
                ledger=ledger,
                all_admins=True,
                parallelism=PARALLELISM,
                broker=redis.url if redis else None,
            ) as deployment,
        ):
            site = Site(shop, postgres, deployment, deployment.start_airflow(), ledger, on_celery)
            keeper = Keeper(site.airflow)
            site.place_orders(orders)
            keeper.start()
            try:
                yield site
            finally:
                keeper.end()
    finally:
        for database in (ledger, "airflow"):
            postgres.drop_database(database)
