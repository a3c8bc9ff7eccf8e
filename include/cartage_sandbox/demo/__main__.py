"""`python -m cartage_sandbox.demo`: seed, start, watch and check. Exits with 0 only if everything is correct."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType

from cartage_sandbox.demo import plan
from cartage_sandbox.demo.progress import progress
from cartage_sandbox.demo.results import LaneResult, check_orders
from cartage_sandbox.demo.scenes import Scenes
from cartage_sandbox.demo.show import say, show
from cartage_sandbox.demo.stock import StockResult, check_stock
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.deployment import PROJECT, Deployment
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.storefront import Storefront

_HOME = PROJECT / ".demo"
_FIRST_LANE = "demo"
_DAGS = (
    *(f"{family}__{_FIRST_LANE}" for family in ("orders", "shipments", "inventory")),
    *(f"{family}__{plan.FILES_LANE}" for family in ("orders", "shipments")),
)
_LONGEST_SECONDS = 420
_LOOK_EVERY_SECONDS = 5.0


def main() -> int:
    """Run the demo. Return the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    started = time.monotonic()
    with ExitStack() as stack:
        try:
            lanes, stock, airflow = run(stack, started)
            show(lanes, stock, time.monotonic() - started)
            if sys.stdin.isatty() and sys.stdout.isatty():
                _leave_open(airflow)
        except KeyboardInterrupt:
            say("Interrupted. Stopping ...")
            return 130
    return 1 if stock.faults or any(lane.result.faults for lane in lanes) else 0


@dataclass(frozen=True)
class DemoLane:
    """One of the demo's lanes: the shop behind it, and what was seeded there."""

    name: str
    warehouse: str
    shop: Storefront
    seeded: plan.Seeded


def run(stack: ExitStack, started: float) -> tuple[list[LaneResult], StockResult, AirflowStack]:
    """Seed, start and watch, without anything that an earlier demo left.

    Return the results for each lane's orders and for stock, and Airflow, which runs until `stack` is closed.
    """
    shutil.rmtree(_HOME, ignore_errors=True)
    say(
        "Cartage demo: two sandbox 3dcart stores, a sandbox Extensiv warehouse and a sandbox warehouse that takes "
        "files, connected by a real Airflow."
    )
    shop = stack.enter_context(
        Shop(seed=plan.SEED, store_rules=plan.STORE_RULES, warehouse_rules=plan.WAREHOUSE_RULES)
    )
    exchange = stack.enter_context(
        FileShop(
            plan.FILES_LANE,
            _HOME / "warehouse",
            seed=plan.FILES_SEED,
            store_rules=plan.STORE_RULES,
            warehouse_rules=plan.FILES_RULES,
            connection_extra=plan.FILES_TIMEOUTS,
        )
    )
    now = datetime.now(UTC)
    first = DemoLane(_FIRST_LANE, "Extensiv", shop, plan.seed(shop, now))
    second = DemoLane(plan.FILES_LANE, "DSFX over SFTP", exchange, plan.seed_files(exchange, now))
    lanes = (first, second)
    for lane in lanes:
        say(_seeded(lane))
    say(
        f"Each store allows {plan.REAL_CALLS_PER_SECOND * plan.THROTTLE_FACTOR:.0f} calls a second, "
        f"{plan.THROTTLE_FACTOR} times as many as a real store ({plan.REAL_CALLS_PER_SECOND:.0f}). "
        f"The warehouses ship an order {plan.SHIPS_AFTER_SECONDS:.0f} s after it arrives."
    )
    say("Starting PostgreSQL ...")
    postgres = stack.enter_context(EmbeddedPostgres(_HOME / "postgres"))
    settings = {first.name: plan.LANE, second.name: plan.files_lane(exchange)}
    deployment = stack.enter_context(Deployment(_HOME, shop, postgres, others=[exchange], lanes=settings))
    # A new lane verifies before it sends. Where absence is no proof at once, the time for that begins here.
    deployment.cartage("run", "poll_tracking", "--lane", second.name)
    say("Starting Airflow: API server, scheduler, DAG processor ...")
    airflow = deployment.start_airflow()
    with airflow.client() as client:
        client.wait_for_dags(_DAGS)
        for dag_id in _DAGS:
            client.unpause(dag_id)
    say(f"Airflow is up after {time.monotonic() - started:.0f} s. {_login(airflow)}")
    scenes = Scenes(shop, first.seeded.scenes)
    _watch(lanes, scenes, started)
    endings = {first.name: list(scenes.endings())}
    results = [
        LaneResult(
            lane.name,
            lane.warehouse,
            check_orders(lane.shop, lane.seeded, deployment.status(lane.name), endings.get(lane.name, ())),
        )
        for lane in lanes
    ]
    return results, check_stock(shop), airflow


def _seeded(lane: DemoLane) -> str:
    seeded = lane.seeded
    return (
        f"Lane {lane.name} ({lane.warehouse}): the store has {seeded.total} entries from the last hours: "
        f"{len(seeded.ships)} orders that can ship, {sum(map(len, seeded.blocked.values()))} with a problem, "
        f"{len(seeded.untouched)} carts and unpaid orders."
    )


def _watch(lanes: Sequence[DemoLane], scenes: Scenes, started: float) -> None:
    """Show progress until every order is in its final state and stock was posted, or the time is over."""
    while True:
        scenes.act()
        seconds = time.monotonic() - started
        steps = [progress(lane.shop, lane.seeded) for lane in lanes]
        for lane, step in zip(lanes, steps, strict=True):
            stocks = f"   stocks posted {step.stocks:4d}" if lane is lanes[0] else ""
            say(f"  {seconds:5.0f} s   {step.line(lane.name)}{stocks}")
        done = all(step.shipped_all for step in steps) and steps[0].stocks > 0
        if (done and scenes.done()) or seconds > _LONGEST_SECONDS:
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
