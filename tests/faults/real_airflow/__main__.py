"""`python -m tests.faults.real_airflow`: run fault schedules in a real Airflow. Exits with 1 if any failed."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from tests.faults.harness.series import rows_of
from tests.faults.harness.table import report
from tests.faults.real_airflow.schedule import Executor, draw
from tests.faults.real_airflow.series import real_airflows


def main() -> int:
    """Run the requested schedules, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.real_airflow", description=__doc__)
    parser.add_argument("--schedules", type=int, default=20, help="number of schedules (default: 20)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--orders", type=int, default=1000, help="orders of each schedule (default: 1000)")
    parser.add_argument("--seed", type=int, help="replay only this seed, and print its faults")
    # A trial mainly waits: for missing heartbeats, for claims to end, for the store's throttle.
    parser.add_argument("--jobs", type=int, default=2, help="trials at the same time (default: 2)")
    parser.add_argument(
        "--executor",
        type=Executor,
        choices=list(Executor),
        default=Executor.LOCAL,
        help="celery: two workers, and the ledger compared with LocalExecutor's (default: local)",
    )
    parser.add_argument(
        "--endings",
        type=Path,
        help="folder that keeps how LocalExecutor ended, so that Celery is compared without running it again",
    )
    options = parser.parse_args()
    replayed = options.seed is not None
    seeds = [options.seed] if replayed else range(options.first, options.first + options.schedules)
    schedules = [draw(seed, orders=options.orders, executor=options.executor) for seed in seeds]
    if replayed:
        print(*schedules[0].lines(), sep="\n")
    bench = partial(real_airflows, options.endings.resolve() if options.endings else None)
    rows = rows_of(schedules, min(options.jobs, len(schedules)), bench)
    again = "make faults-airflow" + (" EXECUTOR=celery" if options.executor is Executor.CELERY else "")
    return report(rows, wanted=len(schedules), replay=again)


if __name__ == "__main__":
    sys.exit(main())
