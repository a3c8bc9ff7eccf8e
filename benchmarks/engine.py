"""Run stages in an engine process, and read its counts, seconds and memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from cartage_sandbox.stack.deployment import PROJECT
from cartage_sandbox.stack.environment import own_environment

ORDERS_STAGES = (
    "import_orders",
    "validate_mappings",
    "settle_outcomes",
    "transfer_to_warehouse",
    "mark_processing",
)
SHIPMENT_STAGES = ("poll_tracking", "update_order_status")
_END_SECONDS = 30


class EngineFailed(RuntimeError):
    """The engine process failed; its error is on stderr."""


@dataclass(frozen=True, slots=True)
class StageRun:
    """The results of a stage: counts, wall-clock and CPU seconds, and the process's peak memory after it."""

    counts: Mapping[str, int]
    seconds: float
    cpu: float
    peak_mb: float


class Engine:
    """An engine process, as a context manager. `run` and `run_all` wait until the stages have finished."""

    def __init__(self, environment: Mapping[str, str], lane: str = "demo") -> None:
        self._environment, self._lane = dict(environment), lane
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start the process."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.engine_process"],
            env=own_environment() | self._environment,
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        if self._process is None:
            return
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()

    def run(
        self, stage: str, *, run: str = "benchmark/1", window: tuple[datetime, datetime] | None = None
    ) -> StageRun:
        """Run a stage. Without a window, import sweeps the import status, as the newest scheduled run does.

        Raises:
            EngineFailed: if the stage raised.
        """
        self.begin(stage, run=run, window=window)
        result = self._started.stdout.readline() if self._started.stdout else ""
        if not result:
            raise EngineFailed(f"{stage} failed")
        return StageRun(**json.loads(result))

    def begin(
        self, stage: str, *, run: str = "benchmark/1", window: tuple[datetime, datetime] | None = None
    ) -> None:
        """Start a stage without waiting for it; only before `kill`, since its result would be taken for the next one's.

        Raises:
            EngineFailed: if the engine process was not started.
        """
        request = {
            "stage": stage,
            "lane": self._lane,
            "run": run,
            "window": [moment.isoformat() for moment in window] if window else None,
            "sweep": window is None,
        }
        if self._started.stdin:
            self._started.stdin.write(json.dumps(request) + "\n")
            self._started.stdin.flush()

    def kill(self) -> None:
        """End the process with SIGKILL, whatever it is doing."""
        self._started.kill()
        self._started.wait()

    @property
    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise EngineFailed("the engine process was not started")
        return self._process

    def run_all(
        self, stages: Sequence[str], *, window: tuple[datetime, datetime] | None = None
    ) -> dict[str, StageRun]:
        """Run stages one after the other, and return their results by name."""
        return {stage: self.run(stage, window=window) for stage in stages}
