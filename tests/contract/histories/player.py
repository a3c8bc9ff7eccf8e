"""Play a history to a store over HTTP, to the import stage on a ledger, and to the oracle.

Store and ledger live in the days of the history: the ledger's clock is set to the store's before each run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from cartage.connections import EnvironmentResolver
from cartage.db import Ledger
from cartage.dispatch import stage
from cartage.errors import CartageError
from cartage.lanes.settings.lane import Lane
from cartage.runtime.context import StageContext
from cartage.runtime.run import Run as EngineRun
from cartage.runtime.run import Window
from cartage_sandbox.threedcart import StoreEmulator
from cartage_sandbox.threedcart.wire.times import local, stamp
from tests.contract.histories.judge import Judge
from tests.contract.histories.oracle import Oracle, within
from tests.contract.histories.story import Edited, History, LaneEdited, Placed, Run
from tests.contract.world import lane_settings

_MINUTE = timedelta(minutes=1)

_SET_CLOCK = text("UPDATE history.clock SET ahead = CAST(:now AS timestamptz) - pg_catalog.clock_timestamp()")


@dataclass
class Player:
    """One history that is being played. `log` is what happened so far, for a person who investigates a failure."""

    history: History
    emulator: StoreEmulator
    ledger: Ledger
    oracle: Oracle
    judge: Judge
    settings: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def play(self) -> None:
        """Play every step, cover what is left, read the whole store once more, and compare."""
        self.settings = dict(self.history.settings)
        for step in self.history.steps:
            self._until(step.at)
            match step:
                case Placed() | Edited():
                    self._change(step)
                case LaneEdited():
                    self.settings |= step.settings
                    self.log.append(f"{step.at} the lane: {step.settings}")
                case Run():
                    self._run(step)
        self._finish()

    # The store

    def _until(self, at: datetime) -> None:
        now = self.emulator.clock.now()
        if at > now:
            self.emulator.clock.advance((at - now).total_seconds())

    def _change(self, step: Placed | Edited) -> None:
        if isinstance(step, Placed):
            what = step.order
            self.emulator.place([step.order])
        else:
            what = {"OrderID": step.order_id, **step.changes}
            self._edit(step)
        self._observe()
        self.log.append(f"{step.at} {type(step).__name__} {_brief(what)}")

    def _edit(self, step: Edited) -> None:
        now = stamp(local(self.emulator.clock.now(), self.history.zone))
        self.emulator.edit(step.order_id, **step.changes, **dict.fromkeys(step.now, now))

    def _observe(self) -> None:
        with self.emulator.state.lock:
            orders = [entry.data() for entry in self.emulator.state.orders.entries()]
        self.oracle.store.observe(orders, self.emulator.clock.now())

    # The lane

    def lane(self, *, sweep: bool = False, watch: bool = False) -> Lane:
        """Return the lane with its present settings; the history decides when a sweep or a watch is due."""
        schedules = {"sweep_every": _due(sweep), "watch_every": _due(watch)}
        limits = {"burst": 100, "calls_per_second": 100_000.0}
        return Lane.model_validate(lane_settings(store=self.settings, schedules=schedules, limits=limits))

    def _context(self, run: Run) -> StageContext:
        name = f"history/{self.history.seed}/{len(self.log)}"
        engine_run = EngineRun(name, name, "import_orders", may_sweep=run.newest, background=not run.newest)
        lane = self.lane(sweep=run.sweep, watch=run.watch)
        return StageContext(lane, self.ledger, engine_run, Window(run.start, run.end), EnvironmentResolver())

    def _run(self, run: Run) -> None:
        began = self.oracle.began(run, self.emulator.clock.now())
        # From now on, everything happens while the run reads.
        now = self.emulator.clock.advance(1)
        with self.ledger.begin() as connection:
            connection.execute(_SET_CLOCK, {"now": now})
        for fault in run.faults:
            self.emulator.faults.add(fault)
        self._arm(run)
        done = self._import(run)
        self.emulator.faults.clear()
        self.emulator.interventions.clear()
        self._observe()
        self.judge.after(run, began, self.settings, done=done)
        self.oracle.ended(run, began, done=done)
        self.judge.coverage(self.lane().name)
        self.emulator.clock.advance(1)

    def _arm(self, run: Run) -> None:
        for intervention in run.meanwhile:
            there = [edit for edit in intervention["edits"] if edit["order_id"] in self.oracle.store.versions]
            self.emulator.interventions.arm({**intervention, "edits": there})

    def _import(self, run: Run) -> bool:
        context = self._context(run)
        kind = f"{'newest' if run.newest else 'late'}{' sweep' * run.sweep}{' watch' * run.watch}"
        try:
            counts = stage("import_orders")(context)
        except CartageError as failure:
            self.log.append(f"{run.at} {kind} run {run.start} - {run.end} failed: {failure}")
            self.counts["runs that failed in the middle"] += 1
            return False
        finally:
            context.close()
            self.counts["runs"] += 1
        self.log.append(
            f"{run.at} {kind} run {run.start} - {run.end}: { {k: v for k, v in counts.items() if v} }"
        )
        return True

    def _finish(self) -> None:
        """Cover the missing windows in any order; then the newest run sweeps and watches without faults."""
        self.emulator.rules.update({"throttle": False})
        self._until(self.history.end + 30 * _MINUTE)
        missing = [window for window in self.history.windows if not within([window], self.oracle.covered)]
        for start, end in missing[::-1]:
            self._run(Run(self.emulator.clock.now(), start, end, newest=False))
        self._until(self.emulator.clock.now() + 30 * _MINUTE)
        last = self.history.windows[-1]
        for _ in range(2):  # The first may continue in the middle of a list whose reading had failed.
            self._run(Run(self.emulator.clock.now(), *last, sweep=True, watch=True))
        assert self.judge.coverage(self.lane().name) == [(self.history.start, last[1])]
        self.counts["orders"] = len(self.oracle.store.versions)
        self.counts["orders that the ledger knows"] = len(self.oracle.standings)
        self.counts["versions of orders"] = sum(
            len(version) - 1 for version in self.oracle.store.versions.values()
        )


def _brief(order: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in order.items() if not name.endswith("List")}


def _due(now: bool) -> str:
    return "1s" if now else "never"
