"""`python -m benchmarks [a b ...] [--quick]`: run benchmarks, check every order, and write the results.

A missed target is recorded as missed. Exits with 1 if a benchmark failed, e.g. because an order was lost or doubled.
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
    alike_orders,
    calls,
    comparison,
    desk_pages,
    empty_window,
    file_lane,
    first_import,
    idle_lanes,
    machine,
    many_lanes,
    mappings,
    memory,
    post_back,
    quick_orders,
    report,
    routing,
    stock,
    throttled_cycle,
    throughput,
    x12_files,
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
    "l": alike_orders.measure,
    "m": x12_files.measure,
    "n": file_lane.measure,
    "o": many_lanes.measure,
    "p": idle_lanes.measure,
    "q": quick_orders.measure,
    "r": comparison.measure,
    "s": routing.measure,
    "t": idle_lanes.measure_on_celery,
}


def main() -> int:
    """Run the requested benchmarks, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", help=f"some of {' '.join(_MEASURES)}; all by default")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to try it out; the targets do not apply"
    )
    parser.add_argument(
        "--into", type=Path, help="folder for the results (default: benchmarks/; none with --quick)"
    )
    options = parser.parse_args()
    unknown = sorted(set(options.which) - set(_MEASURES))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; benchmarks: {', '.join(_MEASURES)}")
    signal.signal(signal.SIGTERM, _interrupt)
    into = options.into or (None if options.quick else _HERE)
    if into:
        into.mkdir(parents=True, exist_ok=True)
    try:
        failed = [key for key in options.which or _MEASURES if not _run(key, quick=options.quick, into=into)]
    except KeyboardInterrupt:
        say("Interrupted; finished benchmarks are kept.")
        return 130
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def _run(key: str, *, quick: bool, into: Path | None) -> bool:
    facts, before, started = machine.facts(), machine.pace(), time.monotonic()
    say((sys.modules[_MEASURES[key].__module__].__doc__ or key).splitlines()[0])
    try:
        outcome = _MEASURES[key](quick=quick)
    except Exception:  # noqa: BLE001 - reported as failed; the others still run
        traceback.print_exc()
        return False
    seconds = round(time.monotonic() - started, 1)
    record = {
        **outcome.document(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "seconds": seconds,
        "quick": quick,
        "machine": {**facts, "pace": [before, machine.pace()]},
        "versions": machine.versions(),
    }
    for target in outcome.targets:
        verdict = "met" if target.met else "MISSED"
        say(f"  {target.text}: {target.value:,} {target.unit} ({target.kind} {target.bound:,}: {verdict})")
    if into:
        report.keep(into, key, record)
    return True


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
