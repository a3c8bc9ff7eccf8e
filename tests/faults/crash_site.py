"""Worlds in which a stage is killed repeatedly: with a warehouse that has an API, and with one that takes files."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.contract.file_world import FileWorld
from tests.contract.world import ORDERS_STAGES, SHIPMENT_STAGES, SHIPPED, World
from tests.faults import crashing
from tests.faults.crashing import Point
from tests.faults.harness.ledgers import Ledgers
from tests.faults.harness.programs import Programs

STAGES = (*ORDERS_STAGES, *SHIPMENT_STAGES)
# Seconds: longer than every lease, the claim of a sweep, and the time between two change watches.
LATER = 1000.0
_TRANSFER = "transfer_to_warehouse"
_STANDING = """
    SELECT f.state, s.posted_status, s.verified_at IS NOT NULL,
        (SELECT count(*) FROM transfer WHERE outcome IS NULL) + (SELECT count(*) FROM post_back WHERE outcome IS NULL)
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id WHERE f.order_id = :order_id
"""
_DONE = ("shipped", SHIPPED, True, 0)


class CrashSite:
    """A world whose warehouse has an API."""

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
            self._leave_unsettled(order_id)
            self._ledgers.skip(LATER)
        if stage == "poll_tracking":
            self._ship(order_id)
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
        # A write that the dead process may have left under way is made again by the run after that.
        self._ledgers.skip(LATER)
        self._run(STAGES[-1], order_id)

    def faults(self, order_id: int) -> list[str]:
        """Return what is wrong with an order according to the store and the warehouse."""
        store, references = self.world.shop.store, self.world.references()
        reference = self.world.reference_of(order_id)
        packages = self._packages(reference)
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
            self._ship(order_id)
        self.world.go(name)

    def _leave_unsettled(self, order_id: int) -> None:
        """Send an order whose response is lost: otherwise there is nothing to settle."""
        self.world.warehouse_fault("POST /orders", "reset", "after", times=1)
        self._run(_TRANSFER, order_id)

    def _ship(self, order_id: int) -> None:
        """Let the warehouse ship an order, unless it has shipped."""
        self.world.ship(order_id)

    def _packages(self, reference: str) -> list[str]:
        """Return the tracking numbers that the warehouse has for an order."""
        return [
            package.tracking_number
            for order in self.world.shop.warehouse.floor.named([reference])
            for package in order.packages
        ]

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


class FileCrashSite(CrashSite):
    """A world whose warehouse takes files. It takes an order as often as it finds one."""

    world: FileWorld
    _rename: Point | None = None

    def faults(self, order_id: int) -> list[str]:
        """Return what is wrong with an order, and files that were left or applied twice."""
        reference = self.world.reference_of(order_id)
        files = [
            entry["detail"]["file"]
            for entry in self.world.files.warehouse.journal.entries("order.taken")
            if entry["key"] == reference
        ]
        twice = self.world.rows("SELECT tracking FROM package GROUP BY 1 HAVING count(*) > 1")
        wrong = {
            f"it is in the files {files}": len(set(files)) != 1,
            f"files were not taken in: {self.world.names('out')}": bool(self.world.names("out")),
            f"packages were applied twice: {twice}": bool(twice),
        }
        return [*super().faults(order_id), *(what for what, is_wrong in wrong.items() if is_wrong)]

    def new_order(self, stage: str) -> int:
        """Place an order, and run the stages before this one."""
        if stage == "settle_outcomes" and self._rename is None:
            renames = [point for point in self.points(_TRANSFER) if point.what.startswith("send rename")]
            self._rename = next(point for point in renames if point.when == "after")
        return super().new_order(stage)

    def _leave_unsettled(self, order_id: int) -> None:
        """Kill the process that sends it just after the rename: it is published, and the ledger does not know."""
        if self._rename is None or not self.killed_at(_TRANSFER, self._rename):
            raise RuntimeError(f"order {order_id} was not sent by a process that was killed {self._rename}")

    def _ship(self, order_id: int) -> None:
        self.world.work()
        if not self._packages(self.world.reference_of(order_id)):
            self.world.ship(order_id)

    def _packages(self, reference: str) -> list[str]:
        return [package.tracking for order in self.world.held(reference) for package in order.packages]
