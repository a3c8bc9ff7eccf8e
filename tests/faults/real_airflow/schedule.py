"""Schedules for the real Airflow: everything that goes wrong in a trial, drawn from a seed. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.faults.harness.progress import CREATED, POSTED, Strike

# Each comes first in turn. Ended components are restarted, as a service manager or Kubernetes would.
ACTS = (
    "kill the task",
    "freeze the task",
    "kill the scheduler",
    "kill the scheduler's group",
    "kill the API server",
    "crash the database",
    "clear the task",
)
KILL_A_WORKER = "kill a worker"
LONGEST_OUTAGE = 3.0


class Executor(StrEnum):
    """Where tasks run: in the scheduler's session, or on two workers of Celery."""

    LOCAL = "local"
    CELERY = "celery"


@dataclass(frozen=True)
class AirflowSchedule:
    """A schedule: the orders placed before Airflow starts, those placed later, and the strikes."""

    seed: int
    orders: int
    late_orders: int
    strikes: tuple[Strike, ...]
    executor: Executor = Executor.LOCAL

    @property
    def faults(self) -> str:
        """The strikes in words."""
        return ", ".join(strike.act for strike in self.strikes)

    def lines(self) -> list[str]:
        """Return a description, for a person who replays the schedule."""
        head = f"seed {self.seed}, {self.executor}: {self.orders} orders and {self.late_orders} later; "
        head += "two runs and a backfill at once"
        return [head, *(f"  {strike}" for strike in self.strikes)]


def draw(seed: int, *, orders: int = 1000, executor: Executor = Executor.LOCAL) -> AirflowSchedule:
    """Return the schedule of a seed: an act comes first, with one or two others. On Celery, a worker is killed, too."""
    rng = Random(seed)
    late = rng.randint(orders // 10, orders // 3)
    leading = ACTS[seed % len(ACTS)]
    acts = [leading, *rng.sample(ACTS, rng.randint(1, 2))]
    strikes = [_strike(rng, act, orders) for act in acts]
    if executor is Executor.CELERY:
        strikes.append(_strike(rng, KILL_A_WORKER, orders))
    return AirflowSchedule(seed, orders - late, late, tuple(strikes), executor)


def _strike(rng: Random, act: str, orders: int) -> Strike:
    counter = rng.choice([CREATED, CREATED, POSTED])
    return Strike(act, counter, rng.randint(1, orders // 2), seconds=rng.uniform(0.2, LONGEST_OUTAGE))
