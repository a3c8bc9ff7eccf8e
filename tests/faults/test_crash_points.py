"""Crash points: a real process is killed before and after each commit and each request of a stage.

Each point has its own order, in one world. After the kill the lane runs as usual, and the journals of store and
warehouse show what happened. `make crash-points` tries every point; the normal test run tries one in
`CARTAGE_CRASH_SHARE` (6), drawn by `CARTAGE_CRASH_SEED` (1).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import yaml

from cartage.db import open_ledger
from cartage_sandbox.stack.shop import Shop
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED, World, lane_settings
from tests.faults import crashing
from tests.faults.crashing import Point
from tests.faults.harness.ledgers import Ledgers
from tests.faults.harness.programs import Programs

SHARE = int(os.environ.get("CARTAGE_CRASH_SHARE", "6"))
SEED = int(os.environ.get("CARTAGE_CRASH_SEED", "1"))
STAGES = (*ORDERS_STAGES, *SHIPMENT_STAGES)
# Seconds: longer than every lease, the claim of a sweep, and the time between two change watches.
LATER = 1000.0
_STANDING = """
    SELECT f.state, s.posted_status, s.verified_at IS NOT NULL,
        (SELECT count(*) FROM transfer WHERE outcome IS NULL) + (SELECT count(*) FROM post_back WHERE outcome IS NULL)
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id WHERE f.order_id = :order_id
"""
_DONE = ("shipped", SHIPPED, True, 0)


class CrashSite:
    """A world in which a stage is killed repeatedly."""

    def __init__(
        self, world: World, ledgers: Ledgers, programs: Programs, folder: Path, env: dict[str, str]
    ) -> None:
        self.world, self._ledgers, self._programs = world, ledgers, programs
        self._folder, self._env = folder, env

    def new_order(self, stage: str) -> int:
        """Place an order, and run the stages before this one."""
        order_id = self.world.place()[0]
        self._ledgers.skip(LATER)
        for name in STAGES[: STAGES.index(stage)]:
            self._run(name, order_id)
        if stage == "settle_outcomes":
            # Lose a response: otherwise there is nothing to settle.
            self.world.warehouse_fault("POST /orders", "reset", "after", times=1)
            self._run("transfer_to_warehouse", order_id)
            self._ledgers.skip(LATER)
        if stage == "poll_tracking":
            self.world.ship(order_id)
        return order_id

    def points(self, stage: str) -> list[Point]:
        """Return the points of a stage's run with a new order."""
        self.run_next(self.new_order(stage))  # the first run has events that no other has
        self.new_order(stage)
        assert self._process(stage, number=0, when="before") == 0
        return crashing.points(self._tally)

    def killed_at(self, stage: str, point: Point) -> bool:
        """Run the stage in a process that dies at this point. Return whether it did."""
        return self._process(stage, number=point.number, when=point.when) == -signal.SIGKILL

    def run_next(self, order_id: int) -> None:
        """Make the lane's next runs, after the claims of the dead process have ended."""
        self._ledgers.skip(LATER)
        for name in STAGES:
            self._run(name, order_id)

    def faults(self, order_id: int) -> list[str]:
        """Return what is wrong with an order according to the store and the warehouse."""
        store, references = self.world.shop.store, self.world.references()
        reference = self.world.reference_of(order_id)
        packages = [
            package.tracking_number
            for order in self.world.shop.warehouse.floor.named([reference])
            for package in order.packages
        ]
        written = [
            times for codes in self.world.tracking_written(order_id).values() for times in codes.values()
        ]
        wrong = {
            f"created {references.get(reference, 0)} times": references.get(reference) != 1,
            f"status {self.world.store_status(order_id)}": self.world.store_status(order_id) != 4,
            f"tracking {store.order(order_id)['ShipmentList']}": self.world.tracking(order_id).split()
            != packages,
            f"tracking written {written} times": written != [1],
            f"the ledger ends with {self._ledger_of(order_id)}": self._ledger_of(order_id) != _DONE,
        }
        return [what for what, is_wrong in wrong.items() if is_wrong]

    def _ledger_of(self, order_id: int) -> tuple[object, ...]:
        return tuple(self.world.rows(_STANDING, order_id=order_id)[0])

    def _run(self, name: str, order_id: int) -> None:
        if name == "poll_tracking":
            self.world.ship(order_id)
        self.world.go(name)

    @property
    def _tally(self) -> Path:
        return self._folder / "events"

    def _process(self, stage: str, *, number: int, when: str) -> int | None:
        self._tally.unlink(missing_ok=True)
        self.world.forget_sweep()
        options = ["--sweep"] if stage == "import_orders" else []
        crash = {"tally": str(self._tally), "number": number, "when": when}
        log = self._folder / "crashed.log"
        return self._programs.fork(["run", stage, "--lane", "demo", *options], self._env, log, crash).wait(30)


@pytest.fixture(scope="module")
def machinery() -> Iterator[tuple[Ledgers, Programs]]:
    with Ledgers() as ledgers, Programs() as programs:
        yield ledgers, programs


@pytest.fixture
def site(
    machinery: tuple[Ledgers, Programs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CrashSite]:
    ledgers, programs = machinery
    # If a shipment's status does not move the order's, there is one more request to die at.
    settings = lane_settings(limits={"threads": 1})
    written = {name: value for name, value in settings.items() if name != "name"}
    (tmp_path / "lanes.yaml").write_text(yaml.safe_dump({"lanes": {"demo": written}}))
    with (
        ledgers.fresh() as url,
        Shop(seed=5, store_rules={"throttle": False, "shipment_status_moves_order": "never"}) as shop,
    ):
        environment = {
            **shop.connections(),
            "CARTAGE_LEDGER_URL": url,
            "CARTAGE_LANES_FILE": str(tmp_path / "lanes.yaml"),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        ledger = open_ledger(url)
        world = World(shop, ledger, settings)
        world.settle_in()
        yield CrashSite(world, ledgers, programs, tmp_path, environment)
        ledger.close()


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "validate_mappings"])
def test_killing_a_process_at_any_commit_or_request_neither_doubles_nor_loses_an_order(
    site: CrashSite, stage: str
) -> None:
    harmed: dict[str, list[str]] = {}
    found = site.points(stage)
    assert {point.kind for point in found} == {"commit", "send"}
    for point in Random(f"{SEED} {stage}").sample(found, -(-len(found) // SHARE)):
        order_id = site.new_order(stage)
        died = site.killed_at(stage, point)
        print(f"{stage}: {point}: {'killed' if died else 'not reached'}")
        site.run_next(order_id)
        faults = site.faults(order_id) + ([] if died else ["was not killed there"])
        if faults:
            harmed[str(point)] = faults
    assert harmed == {}
