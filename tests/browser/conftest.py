"""A real Airflow with logins, and a lane whose orders have moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from cartage_sandbox.files import FileForm
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.deployment import Deployment
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.records import Run
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.storefront import Storefront
from tests.e2e.waiting import until

# Markup in one order's invoice number; every page must show it as text.
MARKUP = "<b>VIP</b>"
_PATIENCE_MS = 30_000
# Seconds. A new lane waits for as long as a request can last before it believes that its warehouse has nothing.
QUICK = {"conn_timeout": 2, "banner_timeout": 2, "auth_timeout": 2, "cmd_timeout": 3}


# The Airflow of these tests, while it runs.
_running: list[AirflowStack] = []


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End Airflow after the last of these tests: it would go on scheduling beside the others of this process."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        while _running:
            _running.pop().discard()


def lane(hour: int) -> dict[str, Any]:
    """Return a lane with daily windows from this hour, UTC, so that no second run starts during the tests."""
    return {
        "schedules": {"orders": f"0 {hour} * * *", "shipments": "0 0 1 1 *", "sweep_every": "1m"},
        "limits": {"burst": 100_000, "calls_per_second": 10_000},
    }


def past_lane(shop: Storefront) -> dict[str, Any]:
    """Return a lane whose live DAG stays paused: only its history is imported."""
    return {
        "store": {"connection": shop.store_connection, "go_live": "2026-01-01"},
        "warehouse": {"connection": shop.warehouse_connection, "settings": {"visibility_delay": "0s"}},
        "schedules": {"orders": "0 * * * *", "shipments": "0 0 1 1 *", "sweep_every": "never"},
        "limits": {"burst": 100_000, "calls_per_second": 10_000},
    }


def desk_lane(shop: Shop) -> dict[str, Any]:
    """Return a lane with its mappings in the ledger, none yet, that only runs by hand."""
    return past_lane(shop) | {
        "mappings": "ledger",
        "ship_methods": None,
        "schedules": {"orders": "0 0 1 1 *", "shipments": "0 0 1 1 *", "sweep_every": "never"},
    }


def asking_lane(shop: Shop) -> dict[str, Any]:
    """Return such a lane that also asks people in Airflow's Required Actions."""
    asking = desk_lane(shop)
    asking["schedules"]["sweep_every"] = "1s"
    return asking | {"required_actions": {"connection": "airflow_api", "decided_by": ["ops"]}}


def file_lane(shop: FileShop) -> dict[str, Any]:
    """Return a lane that only runs by hand, whose warehouse takes files."""
    section = shop.lane_warehouse(settle="0s", visibility_delay="0s")
    demo_only = dict.fromkeys(("customer_id", "facility_id", "facility_time_zone"))
    return past_lane(shop) | {
        "warehouse": {
            **section,
            "settings": {**demo_only, **section["settings"]},
            # Nobody has sent orders to this warehouse before.
            "when_absent": "send",
        },
        "schedules": {"orders": "0 0 1 1 *", "shipments": "0 0 1 1 *", "sweep_every": "never"},
    }


@dataclass
class Site:
    """The running deployment, and the run of the orders DAG that the tests inspect."""

    airflow: AirflowStack
    shop: Shop
    past: Shop
    desk: Shop
    asking: Shop
    clicks: Shop
    files: dict[str, FileShop]
    deployment: Deployment
    run: Run
    hour: int

    def ledger(self, statement: str, *values: Any) -> None:
        """Change the ledger directly."""
        url = self.deployment.ledger_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(url) as connection:
            connection.execute(statement, values)


@pytest.fixture(scope="session")
def site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Yield Airflow after a first run of the lane: some orders are sent, some blocked."""
    with ExitStack() as stack:
        home: Path = tmp_path_factory.mktemp("browser")
        shop = stack.enter_context(Shop(seed=5, store_rules={"throttle": False}))
        now = datetime.now(UTC)
        hour = (now.hour + 12) % 24
        ids = shop.fill(50, start=now - timedelta(hours=5), end=now)
        shop.store.edit(ids["single"][0], InvoiceNumberPrefix=f"{MARKUP}-")
        postgres = stack.enter_context(EmbeddedPostgres(throw_away=True))
        past = stack.enter_context(Shop("past", seed=6, store_rules={"throttle": False}))
        desk = stack.enter_context(Shop("desk", seed=8, store_rules={"throttle": False}))
        asking = stack.enter_context(Shop("asking", seed=9, store_rules={"throttle": False}))
        clicks = stack.enter_context(Shop("clicks", seed=12, store_rules={"throttle": False}))
        forms = {"csv": FileForm.DSFX, "x12": FileForm.X12}
        files = {
            name: stack.enter_context(
                FileShop(
                    name,
                    home / f"warehouse-{name}",
                    form=form,
                    seed=10,
                    store_rules={"throttle": False},
                    warehouse_rules={"acknowledges": "all"},
                    connection_extra=QUICK,
                )
            )
            for name, form in forms.items()
        }
        lanes = {
            "demo": lane(hour),
            "past": past_lane(past),
            "desk": desk_lane(desk),
            "asking": asking_lane(asking),
            "clicks": desk_lane(clicks),
            **{name: file_lane(opened) for name, opened in files.items()},
        }
        others = [past, desk, asking, clicks, *files.values()]
        # The lanes do not change: to parse all DAG files every ten seconds takes a tenth of a core.
        env = {"AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300"}
        deployment = stack.enter_context(
            Deployment(home, shop, postgres, others=others, lanes=lanes, env=env)
        )
        airflow = deployment.start_airflow()
        _running.append(airflow)
        with airflow.client() as client:
            client.wait_for_dags(["orders__demo", "shipments__demo"])
            client.unpause("orders__demo")
            runs = until(
                lambda: client.runs("orders__demo"),
                lambda seen: bool(seen) and seen[0].state in ("success", "failed"),
                seconds=300,
                what="the first run of the orders DAG",
            )
        yield Site(airflow, shop, past, desk, asking, clicks, files, deployment, runs[0], hour)
        airflow.discard()


def sign_in(page: Page, site: Site, user: str) -> None:
    """Sign in to Airflow as a person does."""
    page.goto(site.airflow.url)
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(site.airflow.passwords[user])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.airflow.url}/")


@pytest.fixture(scope="session")
def signed_in(browser: Browser, site: Site) -> StorageState:
    """Return the cookies of an administrator who signed in."""
    context = browser.new_context()
    sign_in(context.new_page(), site, "admin")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    """Yield a page of an administrator, in a context of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, storage_state=signed_in)
    context.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    yield context.new_page()
    context.close()
