"""`python -m tests.faults`: runs seeded schedules of faults, and prints what became of each. Exits 1 if any failed."""

from __future__ import annotations

import argparse
import sys

from tests.faults.harness.schedule import draw
from tests.faults.harness.series import rows_of, stage_processes
from tests.faults.harness.table import report


def main() -> int:
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200, help="how many, from --first on (default: 200)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--seed", type=int, help="replay this one alone, and say what it does")
    parser.add_argument("--jobs", type=int, default=2, help="trials at the same time (default: 2)")
    asked = parser.parse_args()
    replayed = asked.seed is not None
    seeds = [asked.seed] if replayed else range(asked.first, asked.first + asked.schedules)
    if replayed:
        print(*draw(asked.seed).lines(), sep="\n")
    rows = rows_of(map(draw, seeds), min(asked.jobs, len(seeds)), stage_processes)
    return report(rows, wanted=len(seeds), replay="make faults")


if __name__ == "__main__":
    sys.exit(main())
