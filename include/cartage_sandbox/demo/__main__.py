"""`python -m cartage_sandbox.demo`: seed, start, watch and check. Exits with 0 only if everything is correct."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType

from cartage_sandbox.demo import plan
from cartage_sandbox.demo.lanes import WAREHOUSES, DemoLane, open_lanes
from cartage_sandbox.demo.progress import progress
from cartage_sandbox.demo.results import LaneResult, check_orders
from cartage_sandbox.demo.scenes import Scenes
from cartage_sandbox.demo.show import faults_in, say, show
from cartage_sandbox.demo.stock import StockResult, check_stock
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.deployment import PROJECT, Deployment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.storefront import ApiShop

_HOME = PROJECT / ".demo"
_LONGEST_SECONDS = 420
_LOOK_EVERY_SECONDS = 5.0


def main() -> int:
    """Run the demo. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m cartage_sandbox.demo", description=__doc__)
    parser.add_argument("--warehouse", choices=WAREHOUSES, default="", help="one lane with this connector")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    started = time.monotonic()
    with ExitStack() as stack:
        try:
            lanes, stock, airflow = run(stack, started, options.warehouse)
            show(lanes, stock, time.monotonic() - started)
            if sys.stdin.isatty() and sys.stdout.isatty():
                _leave_open(airflow)
        except KeyboardInterrupt:
            say("Interrupted. Stopping ...")
            return 130
    return 1 if faults_in(lanes, stock) else 0


def run(
    stack: ExitStack, started: float, warehouse: str = ""
) -> tuple[list[LaneResult], StockResult | None, AirflowStack]:
    """Seed, start and watch, without anything that an earlier demo left.

    `warehouse` is as in `open_lanes`. Return the results for each lane's orders, for the first lane's stock if it posts
    any, and Airflow, which runs until `stack` is closed.
    """
    shutil.rmtree(_HOME, ignore_errors=True)
    say("Cartage demo: sandbox 3dcart stores and their sandbox warehouses, connected by a real Airflow.")
    lanes = open_lanes(stack, warehouse, _HOME)
    for lane in lanes:
        say(_seeded(lane))
    say(
        f"Each store allows {plan.REAL_CALLS_PER_SECOND * plan.THROTTLE_FACTOR:.0f} calls a second, "
        f"{plan.THROTTLE_FACTOR} times as many as a real store ({plan.REAL_CALLS_PER_SECOND:.0f}). "
        f"The warehouses ship an order {plan.SHIPS_AFTER_SECONDS:.0f} s after it arrives."
    )
    say("Starting PostgreSQL ...")
    postgres = stack.enter_context(EmbeddedPostgres(_HOME / "postgres"))
    shop, *others = (lane.shop for lane in lanes)
    settings = {lane.name: lane.settings for lane in lanes}
    deployment = stack.enter_context(Deployment(_HOME, shop, postgres, others=others, lanes=settings))
    for lane in lanes:
        if lane.knows_late:
            # A new lane verifies before it sends. Where absence is no proof at once, the time for that begins here.
            deployment.cartage("run", "poll_tracking", "--lane", lane.name)
    say("Starting Airflow: API server, scheduler, DAG processor ...")
    airflow = deployment.start_airflow()
    with airflow.client() as client:
        dags = [dag_id for lane in lanes for dag_id in lane.dags]
        client.wait_for_dags(dags)
        for dag_id in dags:
            client.unpause(dag_id)
    say(f"Airflow is up after {time.monotonic() - started:.0f} s. {_login(airflow)}")
    scenes = [Scenes(lane.shop, lane.seeded.scenes) for lane in lanes if isinstance(lane.shop, Shop)]
    _watch(lanes, scenes, started)
    endings = [ending for played in scenes for ending in played.endings()]
    results = [
        LaneResult(
            lane.name,
            lane.warehouse,
            check_orders(
                lane.shop,
                lane.seeded,
                deployment.status(lane.name),
                endings if isinstance(lane.shop, Shop) else (),
            ),
        )
        for lane in lanes
    ]
    return results, check_stock(shop) if isinstance(shop, ApiShop) else None, airflow


def _seeded(lane: DemoLane) -> str:
    seeded = lane.seeded
    return (
        f"Lane {lane.name} ({lane.warehouse}): the store has {seeded.total} entries from the last hours: "
        f"{len(seeded.ships)} orders that can ship, {sum(map(len, seeded.blocked.values()))} with a problem, "
        f"{len(seeded.untouched)} carts and unpaid orders."
    )


def _watch(lanes: Sequence[DemoLane], scenes: Sequence[Scenes], started: float) -> None:
    """Show progress until every order is in its final state and stock was posted, or the time is over."""
    while True:
        for played in scenes:
            played.act()
        seconds = time.monotonic() - started
        steps = [progress(lane.shop, lane.seeded) for lane in lanes]
        for lane, step in zip(lanes, steps, strict=True):
            stocks = f"   stocks posted {step.stocks:4d}" if lane.with_stock else ""
            say(f"  {seconds:5.0f} s   {step.line(lane.name)}{stocks}")
        done = all(
            step.shipped_all and (step.stocks > 0 or not lane.with_stock)
            for lane, step in zip(lanes, steps, strict=True)
        )
        if (done and all(played.done() for played in scenes)) or seconds > _LONGEST_SECONDS:
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
