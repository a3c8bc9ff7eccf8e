"""`python -m tests.faults`: run seeded schedules of faults, and print each result. Exits with 1 on a failure."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from tests.faults.harness.schedule import ALL, CONNECTORS, draw_for
from tests.faults.harness.series import rows_of, stage_processes
from tests.faults.harness.table import report


def main() -> int:
    """Run the requested schedules, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200, help="number of schedules (default: 200)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--seed", type=int, help="replay only this seed, and print its faults")
    parser.add_argument("--jobs", type=int, default=2, help="trials at the same time (default: 2)")
    parser.add_argument(
        "--warehouse",
        choices=[*CONNECTORS, ALL],
        default=ALL,
        help="the lane's connector (default: each in turn)",
    )
    options = parser.parse_args()
    drawn = partial(draw_for, warehouse=options.warehouse)
    replayed = options.seed is not None
    seeds = [options.seed] if replayed else range(options.first, options.first + options.schedules)
    if replayed:
        print(*drawn(options.seed).lines(), sep="\n")
    replay = "make faults" if options.warehouse == ALL else f"make faults WAREHOUSE={options.warehouse}"
    rows = rows_of(map(drawn, seeds), min(options.jobs, len(seeds)), stage_processes)
    return report(rows, wanted=len(seeds), replay=replay)


if __name__ == "__main__":
    sys.exit(main())
