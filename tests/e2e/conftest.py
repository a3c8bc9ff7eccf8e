"""One real Airflow for all end-to-end tests, on embedded PostgreSQL, with several lanes on several sandbox shops.

It is started once, which takes half a minute. Each test has its own lane, so that none sees another's orders.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.stack.deployment import Deployment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from cartage_sandbox.stack.storefront import ApiShop
from tests.dags.airflow_home import ROOT
from tests.e2e.receivers import MailServer, WebhookServer

STORE_RULES: dict[str, RuleValue] = {"throttle": False}
_LIMITS = {"burst": 100_000, "calls_per_second": 10_000}
# Schedules far away: the tests start the runs that they need.
_ONCE_A_YEAR = "0 0 1 1 *"


def lane_changes(shop: Shop, **changes: Any) -> dict[str, Any]:
    """Return how a lane on this shop differs from the shipped one; its orders DAG has hourly windows."""
    return {
        "store": {"connection": shop.store_connection, "go_live": "2026-01-01"},
        "warehouse": {"connection": shop.warehouse_connection, "settings": {"visibility_delay": "0s"}},
        # No sweep and no watch: a run that Airflow starts when a DAG is unpaused imports its own window only.
        "schedules": {
            "orders": "0 * * * *",
            "shipments": _ONCE_A_YEAR,
            "sweep_every": "never",
            "watch_every": "never",
        },
        "limits": _LIMITS,
        **changes,
    }


# The Airflow of these tests, while it runs.
_running: list[AirflowStack] = []


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End Airflow after the last of these tests: it would go on scheduling beside the others of this process."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        while _running:
            _running.pop().discard()


@dataclass
class Site:
    """The deployment, its shops by lane, and the receivers of alerts."""

    deployment: Deployment
    airflow: AirflowStack
    shops: dict[str, Shop]
    mail: MailServer
    webhook: WebhookServer
    endpoint: WebhookServer
    lanes: dict[str, dict[str, Any]]
    # The second warehouse of the lane `coasts`.
    west: ShipBobShop

    def ledger(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Query the ledger."""
        url = self.deployment.ledger_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url) as connection:
            return connection.execute(query, values).fetchall()

    def change_ledger(self, statement: str, *values: Any) -> None:
        """Change the ledger directly, for what takes hours otherwise."""
        url = self.deployment.ledger_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url) as connection:
            connection.execute(statement, values)

    def imported(self, lane: str) -> dict[int, int]:
        """Return how many fulfillment orders the lane has of each OrderID."""
        rows = self.ledger(
            "SELECT order_id, count(*) FROM fulfillment_order WHERE lane = %s GROUP BY 1", lane
        )
        return dict(rows)


def two_warehouses(shop: Shop, west: ShipBobShop) -> dict[str, Any]:
    """Return how a lane with a second warehouse differs: orders go west if it has them, those to California anyway."""
    # Nothing was ever posted to the store: the first push changes everything.
    stock = {"schedule": _ONCE_A_YEAR, "breaker": {"zero_share": 1.0, "swing_share": 1.0}}
    lane = lane_changes(shop, inventory=stock)
    east = {"connector": shop.connector, **lane.pop("warehouse")}
    east["settings"] |= {**shop.account_settings(), "facility_time_zone": "America/New_York"}
    any_method = {"store": "*", "match": "pattern", **west.ship_method}
    theirs = west.lane_warehouse(visibility_delay="0s") | {
        "when_absent": "send",
        "ship_methods": [any_method],
    }
    return {
        **lane,
        "warehouse": None,
        "warehouses": {"east": east, "west": theirs},
        "routing": [
            {"name": "california", "when": {"states": ["CA"]}, "to": "west"},
            {"name": "rest", "prefer": ["west", "east"]},
        ],
        # A new lane waits for the longest life of a request before absence counts.
        "limits": {**_LIMITS, "connect_timeout": "1s", "read_timeout": "4s"},
    }


def hours_ago(count: int) -> datetime:
    """Return the start of the hour that many hours before the present one."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=count)


def dags_with_tests(home: Path) -> Path:
    """Return a DAG folder with the project's DAGs and those of these tests."""
    dags = home / "dags"
    shutil.copytree(ROOT / "dags", dags, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (Path(__file__).parent / "dags").glob("*.py"):
        shutil.copy(file, dags)
    return dags


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything, running."""
    with ExitStack() as stack:
        home: Path = tmp_path_factory.mktemp("site")
        names = (
            "past",
            "parallel",
            "denied",
            "steady",
            "gappy",
            "watched",
            "examples",
            "quick",
            "quiet",
            "coasts",
        )
        shops = {name: stack.enter_context(Shop(name, seed=11, store_rules=STORE_RULES)) for name in names}
        west = stack.enter_context(ShipBobShop("coasts_west", seed=12, warehouse_rules={"throttle": False}))
        mail = stack.enter_context(MailServer())
        webhook, endpoint = (stack.enter_context(WebhookServer()) for _ in range(2))
        lanes: dict[str, dict[str, Any]] = {name: lane_changes(shop) for name, shop in shops.items()}
        lanes["coasts"] = two_warehouses(shops["coasts"], west)
        lanes["parallel"]["schedules"] = {
            "orders": "* * * * *", "shipments": _ONCE_A_YEAR, "sweep_every": "1m",
        }  # fmt: skip
        lanes["steady"]["schedules"] = {
            "orders": "* * * * *", "shipments": "* * * * *", "sweep_every": "1m",
        }  # fmt: skip
        lanes["quick"]["schedules"] |= {
            "sweep_every": "1h", "look_for_orders_every": "5s", "look_for_shipments_every": "5s",
        }  # fmt: skip
        # Live for a few days of which nothing was imported.
        lanes["gappy"]["store"] |= {"go_live": f"{hours_ago(4 * 24):%Y-%m-%d}"}
        lanes["denied"]["alerts"] = {
            "email": {"connection": "mail", "sender": "cartage@example.com", "to": ["ops@example.com"]},
            "webhook": {"connection": "hook"},
        }
        every: list[ApiShop[Any]] = [*shops.values(), west]
        env = {name: value for shop in every for name, value in shop.connections().items()}
        # A run of more than a second is late.
        lanes["watched"]["alerts"] = {
            "http": {"connection": "endpoint"}, "resolve_after": "0s", "limits": {"run": "1s"},
        }  # fmt: skip
        env |= mail.connection("mail") | webhook.connection("hook") | endpoint.connection("endpoint")
        env |= {
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags_with_tests(home)),
            "AIRFLOW_VAR_CARTAGE_EXPORTS": str(home / "exports"),
            "CARTAGE_EXAMPLES": "examples",
            # To parse all DAG files every ten seconds takes a tenth of a core.
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
        }
        postgres = stack.enter_context(EmbeddedPostgres(throw_away=True))
        deployment = stack.enter_context(
            Deployment(home, shops["past"], postgres, lanes=lanes, env=env, all_admins=True)
        )
        airflow = deployment.start_airflow()
        _running.append(airflow)
        yield Site(deployment, airflow, shops, mail, webhook, endpoint, lanes, west)
        airflow.discard()


@pytest.fixture
def client(site: Site) -> Iterator[AirflowClient]:
    """A REST session of an administrator."""
    with site.airflow.client() as opened:
        opened.wait_for_dags(
            [f"{family}__{lane}" for family in ("orders", "shipments") for lane in site.lanes]
        )
        yield opened
