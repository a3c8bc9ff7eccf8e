"""`python -m cartage_sandbox.demo`: seed, start, watch and check. Exits with 0 only if everything is correct."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType

from cartage_sandbox.demo import plan
from cartage_sandbox.demo.hand_over import hand_over, write_environment
from cartage_sandbox.demo.lanes import WAREHOUSES, DemoLane, open_lanes
from cartage_sandbox.demo.mappings import import_rules
from cartage_sandbox.demo.progress import Steps, progress
from cartage_sandbox.demo.results import LaneResult, check_orders, expected_exceptions
from cartage_sandbox.demo.scenes import Scenes
from cartage_sandbox.demo.show import Waiting, faults_in, say, show
from cartage_sandbox.demo.stock import StockResult, check_stock
from cartage_sandbox.demo.terminal import own_terminal
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.stack.deployment import PROJECT, Deployment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.shop import Shop
from cartage_sandbox.stack.storefront import ApiShop

HOME = PROJECT / ".demo"
_LONGEST_SECONDS = 420
_LOOK_EVERY_SECONDS = 2.0
# What the demo's runs as this user may do: start and answer required actions.
_ASKING_USER = "user"


@dataclass(frozen=True)
class Demo:
    """A demo that ran: the result of each lane's orders, and of the first lane's stock if it posts any."""

    lanes: list[DemoLane]
    results: list[LaneResult]
    stock: StockResult | None
    deployment: Deployment
    airflow: AirflowStack

    @property
    def faults(self) -> list[str]:
        """Return everything that is wrong. The demo succeeded if there is nothing."""
        return faults_in(self.results, self.stock)


def main() -> int:
    """Run the demo. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m cartage_sandbox.demo", description=__doc__)
    parser.add_argument("--warehouse", choices=WAREHOUSES, default="", help="one lane with this connector")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    started = time.monotonic()
    with ExitStack() as stack:
        try:
            demo = run(stack, started, options.warehouse)
            show(demo.results, demo.stock, time.monotonic() - started)
            if demo.faults:
                say(f"The logs are in {HOME.relative_to(PROJECT)}/airflow/logs, until the next demo.")
                return 1
        except KeyboardInterrupt:
            say("Interrupted. Stopping ...")
            return 130
        if sys.stdin.isatty() and sys.stdout.isatty():
            _leave_open(demo)
    return 0


def run(stack: ExitStack, started: float, warehouse: str = "") -> Demo:
    """Seed, start and watch, without anything that an earlier demo left. `warehouse` is as in `open_lanes`.

    Airflow runs until `stack` is closed.
    """
    shutil.rmtree(HOME, ignore_errors=True)
    say("Cartage demo: sandbox 3dcart stores and their sandbox warehouses, connected by a real Airflow.")
    lanes = open_lanes(stack, warehouse, HOME)
    for lane in lanes:
        say(_seeded(lane))
    say(
        f"Each store allows {plan.REAL_CALLS_PER_SECOND * plan.THROTTLE_FACTOR:.0f} calls a second, "
        f"{plan.THROTTLE_FACTOR} times as many as a real store ({plan.REAL_CALLS_PER_SECOND:.0f}). "
        f"The warehouses ship an order {plan.SHIPS_AFTER_SECONDS:.0f} s after it arrives."
    )
    say("Starting PostgreSQL ...")
    postgres = stack.enter_context(EmbeddedPostgres(HOME / "postgres"))
    shop, *others = (lane.shop for lane in lanes)
    settings = {lane.name: lane.settings for lane in lanes}
    deployment = stack.enter_context(Deployment(HOME, shop, postgres, others=others, lanes=settings))
    for lane in lanes:
        if lane.rules:
            import_rules(deployment, lane.name, lane.rules)
        if lane.knows_late:
            # A new lane verifies before it sends. Where absence is no proof at once, the time for that begins here.
            deployment.cartage("run", "poll_tracking", "--lane", lane.name)
    say("Starting Airflow: API server, scheduler, DAG processor ...")
    airflow = deployment.start_airflow()
    with airflow.client() as client:
        _start(client, airflow, [dag_id for lane in lanes for dag_id in lane.dags])
    say(f"Airflow is up after {time.monotonic() - started:.0f} s: {airflow.url}")
    scenes = [Scenes(lane.shop, lane.seeded.scenes) for lane in lanes if isinstance(lane.shop, Shop)]
    _watch(lanes, scenes, started)
    _await_exceptions(deployment, lanes, started)
    # The figures of the reports; in a deployment, the watchdog and housekeeping keep them up to date.
    deployment.cartage("report", "--json")
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
    stock = check_stock(shop) if isinstance(shop, ApiShop) else None
    return Demo(lanes, results, stock, deployment, airflow)


def _start(client: AirflowClient, airflow: AirflowStack, dags: Sequence[str]) -> None:
    """Start the lanes' DAGs, and let them ask people in Airflow's Required Actions."""
    password = airflow.passwords[_ASKING_USER]
    client.create_connection(
        plan.ASKING_CONNECTION, "http", host=airflow.url, login=_ASKING_USER, password=password
    )
    client.wait_for_dags(dags)
    for dag_id in dags:
        client.unpause(dag_id)


def _seeded(lane: DemoLane) -> str:
    seeded = lane.seeded
    held = f"{len(seeded.held)} whose buyers ask for a call, " if seeded.held else ""
    return (
        f"Lane {lane.name} ({lane.warehouse}): the store has {seeded.total} entries from the last hours: "
        f"{len(seeded.sent)} orders that can ship, {held}{sum(map(len, seeded.blocked.values()))} with a problem, "
        f"{len(seeded.untouched)} carts and unpaid orders."
    )


def _watch(lanes: Sequence[DemoLane], scenes: Sequence[Scenes], started: float) -> None:
    """Tell each step until every order is in its final state and stock was posted, or the time is over."""
    steps = [Steps(lane.name, lane.with_stock) for lane in lanes]
    with Waiting() as waiting:
        while True:
            for played in scenes:
                played.act()
            seconds = time.monotonic() - started
            now = [progress(lane.shop, lane.seeded) for lane in lanes]
            for step, reached in zip(steps, now, strict=True):
                for line in step.reached(reached, seconds):
                    say(f"  {seconds:5.0f} s   {line}")
            waits = {
                step.lane: words
                for step, reached in zip(steps, now, strict=True)
                if (words := step.waiting(reached, seconds))
            }
            if not waits and all(played.done() for played in scenes):
                return
            if seconds > _LONGEST_SECONDS:
                return
            waiting.show(seconds, waits or {lanes[0].name: "waiting for what happened to single orders"})
            time.sleep(_LOOK_EVERY_SECONDS)


def _await_exceptions(deployment: Deployment, lanes: Sequence[DemoLane], started: float) -> None:
    """Wait until a run has seen what happened to orders that the warehouse had."""
    with Waiting() as waiting:
        for lane in lanes:
            wanted = expected_exceptions(lane.seeded)
            while deployment.status(lane.name)["exceptions"] < wanted:
                seconds = time.monotonic() - started
                if seconds > _LONGEST_SECONDS:
                    return
                waiting.show(seconds, {lane.name: "waiting for the next run to see what a buyer changed"})
                time.sleep(_LOOK_EVERY_SECONDS)
            if wanted:
                say(
                    f"  {time.monotonic() - started:5.0f} s   {lane.name}: {wanted} orders need a person's decision"
                )


def _leave_open(demo: Demo) -> None:
    """Say what there is to see, and keep everything running until Ctrl-C."""
    hand_over(demo.lanes, demo.airflow, write_environment(demo.deployment, HOME))
    with own_terminal():
        try:
            signal.pause()
        except KeyboardInterrupt:
            say("\nStopping ...")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
