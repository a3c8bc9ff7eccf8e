"""Carry out the strikes of a schedule, each when its point of progress is reached."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.harness.actors import Crew, Running
from tests.faults.harness.progress import Strike
from tests.faults.harness.world import PAST_EVERY_LEASE, World

_POLL_SECONDS = 0.005
_LONGEST_COMMAND = 60.0
# A freeze advances the ledger's clock, but not the process's own. It must last longer than a write may be delayed just
# before it is sent (the lane's connect timeout).
_SHORTEST_FREEZE = 1.5


@dataclass(frozen=True)
class _Thawing:
    """A frozen process continues when others have finished its stage so often, but not before `earliest`."""

    running: Running
    finished: int
    earliest: float


class Director(threading.Thread):
    """Watches progress and strikes. `struck` has the strikes carried out, in order."""

    def __init__(self, world: World, crew: Crew) -> None:
        super().__init__(name="director", daemon=True)
        self._world, self._crew = world, crew
        self._waiting = list(world.schedule.strikes)
        self._frozen: list[_Thawing] = []
        self._over = threading.Event()
        self._rng = Random(world.schedule.seed)
        self._dumped_at = ""
        self.struck: list[Strike] = []
        self.fault: BaseException | None = None

    @property
    def waits(self) -> bool:
        """Whether a strike is still pending."""
        return bool(self._waiting)

    def run(self) -> None:
        """Watch until `end`."""
        try:
            while not self._over.is_set():
                for strike in [strike for strike in self._waiting if self._is_due(strike)]:
                    if self._carry_out(strike):
                        self._waiting.remove(strike)
                        self.struck.append(strike)
                self._thaw_due()
                time.sleep(_POLL_SECONDS)
        except Exception as fault:  # noqa: BLE001 - passed to the trial, which fails with it
            self.fault = fault

    def end(self) -> None:
        """Stop striking, and let frozen processes continue."""
        self._over.set()
        self.join()
        for thawing in self._frozen:
            time.sleep(max(0.0, thawing.earliest - time.monotonic()))
            _thaw(thawing.running)

    def _is_due(self, strike: Strike) -> bool:
        whose, kind = strike.counter
        return self._world.journal(whose).count(kind) >= strike.count

    def _carry_out(self, strike: Strike) -> bool:
        """Carry out a strike. Return False if there was no target yet."""
        ledgers, seconds = self._world.ledgers, strike.seconds
        acts: Mapping[str, Callable[[], bool | None]] = {
            "kill": lambda: self._signal(strike, signal.SIGKILL),
            "stop": lambda: self._signal(strike, signal.SIGTERM),
            "freeze": lambda: self._freeze(strike),
            "crash the database": lambda: ledgers.crash(seconds),
            "cut the ledger off": lambda: ledgers.cut_off(seconds),
            "hang the ledger": lambda: ledgers.hang(seconds),
            "revoke tokens": lambda: self._at_warehouse(strike),
            "drop connections": lambda: self._at_warehouse(strike),
            "send files again": lambda: self._at_warehouse(strike),
            "dump the ledger": self._dump,
            "restore the ledger": self._restore,
        }
        return acts[strike.act]() is not False

    def _victim(self, strike: Strike) -> Running | None:
        """Return a process that runs the strike's stage, or else any process."""
        with self._crew.lock:
            alive = [running for running in self._crew.running.values() if not running.frozen]
        alive.sort(key=lambda running: (running.stage != strike.stage, running.program.pid))
        return alive[0] if alive else None

    def _signal(self, strike: Strike, number: signal.Signals) -> bool:
        victim = self._victim(strike)
        if victim:
            victim.program.send(number)
        return victim is not None

    def _at_warehouse(self, strike: Strike) -> bool:
        return self._world.side.strike(strike.act, self._rng)

    def _dump(self) -> None:
        self._dumped_at = self._world.ledgers.dump(self._dump_file)

    @property
    def _dump_file(self) -> Path:
        return self._world.folder / "ledger.dump"

    def _restore(self) -> bool:
        """Restore as in docs/runbooks/backup-restore-upgrade.md: stop everything, restore the dump, name its time."""
        if not self._dumped_at:
            return False
        # Waiting processes start afterwards. A frozen one must not wake up with another ledger.
        with self._world.gate.closed():
            self._await_nobody()
            self._frozen.clear()
            self._world.ledgers.restore(self._dump_file)
            recover = ("ledger", "recover", "--since", self._dumped_at)
            if self._world.start(*recover, name="000-recover").wait(_LONGEST_COMMAND) != 0:
                raise RuntimeError("cartage ledger recover failed")
        return True

    def _await_nobody(self) -> None:
        deadline = time.monotonic() + _LONGEST_COMMAND
        while not self._world.gate.is_empty():
            with self._crew.lock:
                running = list(self._crew.running.values())
            for victim in running:
                victim.program.send(signal.SIGKILL)
            if time.monotonic() > deadline:
                raise RuntimeError("killed processes do not end")
            time.sleep(_POLL_SECONDS)

    def _freeze(self, strike: Strike) -> bool:
        """Freeze a process until its claims have ended and others have settled what it left; then let it continue."""
        victim = self._victim(strike)
        if victim is None:
            return False
        victim.frozen = True
        victim.program.send(signal.SIGSTOP)
        self._world.gate.freeze(victim.thread)
        with self._world.gate.drained() as nobody_runs:
            if nobody_runs:
                self._world.skip(PAST_EVERY_LEASE)
        finished = self._crew.finished[victim.stage] + 1
        self._frozen.append(_Thawing(victim, finished, time.monotonic() + _SHORTEST_FREEZE))
        return True

    def _thaw_due(self) -> None:
        for thawing in list(self._frozen):
            others_did = self._crew.finished[thawing.running.stage] >= thawing.finished
            if others_did and time.monotonic() >= thawing.earliest:
                self._frozen.remove(thawing)
                _thaw(thawing.running)


def _thaw(running: Running) -> None:
    running.frozen = False
    running.program.send(signal.SIGCONT)
