"""The actors of a trial, side by side: two live runs of one window, a backfill of it, two runs of shipments.

Each is a thread that starts real processes one after the other, and restarts failed ones, as Airflow would.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.harness.programs import Program
from tests.faults.harness.progress import IMPORT, ORDERS_STAGES, SHIPMENT_STAGES
from tests.faults.harness.world import LANE, World

_TRIES = 4
_BETWEEN_TRIES = 0.2
_BETWEEN_POLLS = 0.5
_LONGEST_STAGE = 120.0
_POLL_SECONDS = 1.0


class StageHangs(RuntimeError):
    """A stage did not finish within two minutes, without being frozen."""


@dataclass
class Running:
    """A running stage process, and the thread that waits for it."""

    program: Program
    stage: str
    thread: int
    frozen: bool = False


@dataclass
class Crew:
    """All actors of a trial. `running` has their current processes; `finished` and `failed` count ended stages."""

    world: World
    running: dict[int, Running] = field(default_factory=dict)
    finished: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, stage: str, *options: str, actor: str) -> bool:
        """Run a stage in a process to its end. Return whether it succeeded."""
        name = f"{next(self._numbers):03}-{actor}-{stage}"
        with self.world.gate.passed():
            program = self.world.start("run", stage, "--lane", LANE, *options, name=name)
            with self.lock:
                self.running[program.pid] = running = Running(program, stage, threading.get_ident())
            try:
                code = self._awaited(running, name)
            finally:
                with self.lock:
                    self.running.pop(program.pid, None)
        (self.failed if code else self.finished)[stage] += 1
        return code == 0

    def _awaited(self, running: Running, name: str) -> int:
        seconds = 0.0  # without the time for which it was frozen
        while (code := running.program.wait(_POLL_SECONDS)) is None:
            seconds += 0.0 if running.frozen else _POLL_SECONDS
            if seconds > _LONGEST_STAGE:
                raise StageHangs(name)
        return code

    def persist(self, stage: str, *options: str, actor: str) -> bool:
        """Run a stage, and retry it if it fails. Return whether it succeeded in the end."""
        for _ in range(_TRIES):
            if self.run(stage, *options, actor=actor):
                return True
            threading.Event().wait(_BETWEEN_TRIES)
        return False

    def orders_run(self, *, sweep: bool, actor: str) -> bool:
        """Run the stages of the orders DAG, with retries. A stage that keeps failing ends the run."""
        start, end = self.world.window()
        window = ("--from", start, "--to", end, *(("--sweep",) if sweep else ("--no-sweep", "--background")))
        return all(
            self.persist(stage, *(window if stage == IMPORT else ()), actor=actor) for stage in ORDERS_STAGES
        )

    def shipments_run(self, *, actor: str) -> bool:
        """Run the stages of the shipments DAG."""
        return all(self.persist(stage, actor=actor) for stage in SHIPMENT_STAGES)


class Actor(threading.Thread):
    """A thread that makes runs until `enough` is set. `fault` is the exception that ended it, if any."""

    def __init__(
        self, crew: Crew, name: str, *, runs: int, sweep: bool = False, shipments: bool = False
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._crew, self._runs, self._sweep, self._shipments = crew, runs, sweep, shipments
        self.fault: BaseException | None = None
        self.enough = threading.Event()

    def run(self) -> None:
        """Make the runs."""
        try:
            for _ in range(self._runs):
                if self.enough.is_set():
                    return
                if self._shipments:
                    self._crew.shipments_run(actor=self.name)
                    self.enough.wait(_BETWEEN_POLLS)
                else:
                    self._crew.orders_run(sweep=self._sweep, actor=self.name)
        except Exception as fault:  # noqa: BLE001 - passed to the trial, which fails with it
            self.fault = fault
