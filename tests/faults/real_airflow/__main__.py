"""`python -m tests.faults.real_airflow`: seeded schedules of faults under a real Airflow. Exits 1 if any failed."""

from __future__ import annotations

import argparse
import sys

from tests.faults.harness.series import rows_of
from tests.faults.harness.table import report
from tests.faults.real_airflow.schedule import draw
from tests.faults.real_airflow.series import real_airflows


def main() -> int:
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.real_airflow", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20, help="how many, from --first on (default: 20)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--orders", type=int, default=1000, help="orders of each schedule (default: 1000)")
    parser.add_argument("--seed", type=int, help="replay this one alone, and say what it does")
    # Most of a trial is waiting: for heartbeats that do not come, for claims to run out, for the store's pace.
    parser.add_argument("--jobs", type=int, default=2, help="trials at the same time (default: 2)")
    asked = parser.parse_args()
    replayed = asked.seed is not None
    seeds = [asked.seed] if replayed else range(asked.first, asked.first + asked.schedules)
    schedules = [draw(seed, orders=asked.orders) for seed in seeds]
    if replayed:
        print(*schedules[0].lines(), sep="\n")
    rows = rows_of(schedules, min(asked.jobs, len(schedules)), real_airflows)
    return report(rows, wanted=len(schedules), replay="make faults-airflow")


if __name__ == "__main__":
    sys.exit(main())
