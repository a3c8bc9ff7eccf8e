"""`python -m tests.faults.real_airflow`: seeded schedules of faults under a real Airflow. Exits 1 if any failed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.faults.harness.table import Row, report
from tests.faults.real_airflow.schedule import AirflowSchedule, draw
from tests.faults.real_airflow.series import row_of


def main() -> int:
    """Run what was asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.real_airflow", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20, help="how many, from --first on (default: 20)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--orders", type=int, default=1000, help="orders of each schedule (default: 1000)")
    parser.add_argument("--seed", type=int, help="replay this one alone, and say what it does")
    asked = parser.parse_args()
    replayed = asked.seed is not None
    seeds = [asked.seed] if replayed else range(asked.first, asked.first + asked.schedules)
    schedules = [draw(seed, orders=asked.orders) for seed in seeds]
    if replayed:
        print(*schedules[0].lines(), sep="\n")
    return report(_rows(schedules), wanted=len(schedules), replay="make faults-airflow")


def _rows(schedules: Iterable[AirflowSchedule]) -> Iterator[Row]:
    """One after the other: each has an Airflow of its own, which takes both cores."""
    with EmbeddedPostgres(throw_away=True) as postgres:
        for schedule in schedules:
            yield row_of(schedule, postgres)


if __name__ == "__main__":
    sys.exit(main())
