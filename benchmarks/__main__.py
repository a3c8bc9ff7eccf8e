"""`python -m benchmarks [a b ...] [--quick]`: measures, checks that every order adds up, and writes the numbers down.

A missed aim is written down as missed. Exits 1 if a measurement failed, above all if an order was lost or doubled.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from benchmarks import (
    airflow_windows,
    calls,
    desk_pages,
    empty_window,
    first_import,
    machine,
    mappings,
    memory,
    post_back,
    report,
    stock,
    throttled_cycle,
    throughput,
)
from benchmarks.figures import Outcome
from benchmarks.progress import say

_HERE = Path(__file__).parent
_MEASURES: Mapping[str, Callable[..., Outcome]] = {
    "a": throughput.measure,
    "b": airflow_windows.measure,
    "c": calls.measure,
    "d": memory.measure,
    "e": empty_window.measure,
    "f": throttled_cycle.measure,
    "g": first_import.measure,
    "h": post_back.measure,
    "i": stock.measure,
    "j": mappings.measure,
    "k": desk_pages.measure,
}


def main() -> int:
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", help=f"some of {' '.join(_MEASURES)}; all by default")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to try it out; says nothing of the aims"
    )
    parser.add_argument(
        "--into", type=Path, help="folder for the numbers (default: benchmarks/; none with --quick)"
    )
    asked = parser.parse_args()
    unknown = sorted(set(asked.which) - set(_MEASURES))
    if unknown:
        parser.error(f"no measurement {', '.join(unknown)}; there are {', '.join(_MEASURES)}")
    signal.signal(signal.SIGTERM, _interrupt)
    into = asked.into or (None if asked.quick else _HERE)
    if into:
        into.mkdir(parents=True, exist_ok=True)
    try:
        failed = [key for key in asked.which or _MEASURES if not _measured(key, quick=asked.quick, into=into)]
    except KeyboardInterrupt:
        say("Interrupted; what had ended is kept.")
        return 130
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def _measured(key: str, *, quick: bool, into: Path | None) -> bool:
    facts, started = machine.facts(), time.monotonic()
    say((sys.modules[_MEASURES[key].__module__].__doc__ or key).splitlines()[0])
    try:
        outcome = _MEASURES[key](quick=quick)
    except Exception:  # noqa: BLE001 - the other measurements are worth having, and this one fails loudly
        traceback.print_exc()
        return False
    record = {
        **outcome.document(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "seconds": round(time.monotonic() - started, 1),
        "quick": quick,
        "machine": facts,
        "versions": machine.versions(),
    }
    for aim in outcome.aims:
        say(
            f"  {aim.text}: {aim.value:,} {aim.unit} ({aim.kind} {aim.bound:,}: {'met' if aim.met else 'MISSED'})"
        )
    if into:
        report.keep(into, key, record)
    return True


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
