"""The table of results, a line per schedule as it ends, and the exit status."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.harness.judge import Verdict

_COLUMNS = "{:>6}  {:<64.64} {:>6} {:>6} {:>5} {:>7} {:>8} {:>7}  {}"
_MAX_PROBLEMS = 20


@dataclass(frozen=True)
class Row:
    """The result of a schedule, or the failure that ended its trial. `logs` is kept unless it passed."""

    seed: int
    faults: str
    struck: str = ""
    seconds: float = 0.0
    verdict: Verdict | None = None
    failure: str = ""
    logs: Path | None = None

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return self.verdict is not None and not self.verdict.problems and not self.failure

    def line(self) -> str:
        """Return the row as text, with each problem on its own line."""
        found = self.verdict or Verdict(0, 0, 0, 0, ())
        verdict = "kept" if self.passed else f"BROKEN (logs: {self.logs}) {self.failure}"
        head = _COLUMNS.format(
            self.seed, self.faults, self.struck, found.orders, found.sent, found.settled, found.packages,
            f"{self.seconds:.1f}", verdict,
        )  # fmt: skip
        return "\n".join([head, *(f"          {problem}" for problem in found.problems[:_MAX_PROBLEMS])])


def report(rows: Iterable[Row], *, wanted: int, replay: str) -> int:
    """Print each row when it comes, and how to replay failures. Return 0 if all passed, else 1."""
    started, passed, failed = time.monotonic(), 0, []
    print(
        _COLUMNS.format(
            "seed", "faults", "struck", "orders", "sent", "settled", "packages", "seconds", "verdict"
        )
    )
    for row in rows:
        passed += row.passed
        failed += [] if row.passed else [row.seed]
        print(row.line(), flush=True)
    minutes = (time.monotonic() - started) / 60
    print(f"\n{passed} of {wanted} schedules kept every promise, in {minutes:.1f} minutes.")
    for seed in failed:
        print(f"  replay a failure: {replay} SEED={seed}")
    return 0 if passed == wanted else 1
