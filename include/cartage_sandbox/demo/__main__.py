"""`python -m cartage_sandbox.demo`: seed, start, watch and check. Exits with 0 only if everything is correct."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from types import FrameType

from cartage_sandbox.demo import plan
from cartage_sandbox.demo.progress import progress
from cartage_sandbox.demo.results import DemoResult, check_orders
from cartage_sandbox.demo.scenes import Scenes
from cartage_sandbox.demo.show import say, show
from cartage_sandbox.demo.stock import StockResult, check_stock
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.deployment import PROJECT, Deployment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop

_HOME = PROJECT / ".demo"
_DAGS = ("orders__demo", "shipments__demo", "inventory__demo")
_LONGEST_SECONDS = 360
_LOOK_EVERY_SECONDS = 5.0


def main() -> int:
    """Run the demo. Return the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    started = time.monotonic()
    with ExitStack() as stack:
        try:
            result, stock, airflow = run(stack, started)
            show(result, stock, time.monotonic() - started)
            if sys.stdin.isatty() and sys.stdout.isatty():
                _leave_open(airflow)
        except KeyboardInterrupt:
            say("Interrupted. Stopping ...")
            return 130
    return 1 if result.faults or stock.faults else 0


def run(stack: ExitStack, started: float) -> tuple[DemoResult, StockResult, AirflowStack]:
    """Seed, start and watch, without anything that an earlier demo left.

    Return the results for orders and for stock, and Airflow, which runs until `stack` is closed.
    """
    shutil.rmtree(_HOME, ignore_errors=True)
    say("Cartage demo: a sandbox 3dcart store and a sandbox Extensiv warehouse, connected by a real Airflow.")
    shop = stack.enter_context(
        Shop(seed=plan.SEED, store_rules=plan.STORE_RULES, warehouse_rules=plan.WAREHOUSE_RULES)
    )
    seeded = plan.seed(shop, datetime.now(UTC))
    say(
        f"The store has {seeded.total} entries from the last hours: {len(seeded.ships)} orders that can ship, "
        f"{sum(map(len, seeded.blocked.values()))} with a problem, {len(seeded.untouched)} carts and unpaid orders."
    )
    say(
        f"The store allows {plan.REAL_CALLS_PER_SECOND * plan.THROTTLE_FACTOR:.0f} calls a second, "
        f"{plan.THROTTLE_FACTOR} times as many as a real store ({plan.REAL_CALLS_PER_SECOND:.0f}). "
        f"The warehouse ships an order {plan.SHIPS_AFTER_SECONDS:.0f} s after it arrives."
    )
    say("Starting PostgreSQL ...")
    postgres = stack.enter_context(EmbeddedPostgres(_HOME / "postgres"))
    deployment = stack.enter_context(Deployment(_HOME, shop, postgres, lanes={"demo": plan.LANE}))
    say("Starting Airflow: API server, scheduler, DAG processor ...")
    airflow = deployment.start_airflow()
    with airflow.client() as client:
        client.wait_for_dags(_DAGS)
        for dag_id in _DAGS:
            client.unpause(dag_id)
    say(f"Airflow is up after {time.monotonic() - started:.0f} s. {_login(airflow)}")
    scenes = Scenes(shop, seeded.scenes)
    _watch(shop, seeded, scenes, started)
    result = check_orders(shop, seeded, deployment.status(), list(scenes.endings()))
    return result, check_stock(shop), airflow


def _watch(shop: Shop, seeded: plan.Seeded, scenes: Scenes, started: float) -> None:
    """Show progress until every order is in its final state, or the time is over."""
    while True:
        scenes.act()
        now = progress(shop, seeded)
        say(now.line(time.monotonic() - started))
        if (now.done and scenes.done()) or time.monotonic() - started > _LONGEST_SECONDS:
            return
        time.sleep(_LOOK_EVERY_SECONDS)


def _login(airflow: AirflowStack) -> str:
    return f"UI: {airflow.url}  user: admin  password: {airflow.passwords['admin']}"


def _leave_open(airflow: AirflowStack) -> None:
    say(f"\nAirflow keeps running. {_login(airflow)}\nPress Ctrl-C to stop everything.")
    signal.pause()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
