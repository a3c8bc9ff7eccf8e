"""(p) Many lanes at five-minute windows through a real Airflow, all idle: delays, and the share of the cores used."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import psutil

from benchmarks import processor_time
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.merchants import Merchants
from benchmarks.progress import say
from benchmarks.site import AS_SHIPPED, NO_LIMITS, SEED, UNTHROTTLED, Site
from cartage_sandbox.stack.deployment import Deployment
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from cartage_sandbox.stack.processes import session_members
from cartage_sandbox.stack.servers.redis import Redis
from cartage_sandbox.stack.shop import Shop

_EVERY = 5
_FAMILIES = ("orders", "shipments")
# Tasks at once, as in docker-compose.yaml: a task waits for store, ledger and API server more than it computes.
PARALLELISM = 8
_PARSE_SECONDS = 300.0
_POLL_SECONDS = 2.0
# A new ledger would ask each warehouse about each order first, once in its life. Nothing was ever sent here.
_SETTLED = "UPDATE lane_state SET quarantine_ended_at = clock_timestamp() WHERE surveyed_at IS NOT NULL"
# After the last tick that counts: a run that starts later than this has missed the target by far.
_TO_START = timedelta(seconds=90)
_LATEST = 60
_QUEUED = 15
_SHARE = 0.5

_TASKS = """
    SELECT r.dag_id, r.run_after, t.task_id, t.state, t.queued_dttm, t.start_date, t.end_date
    FROM dag_run r JOIN task_instance t ON t.dag_id = r.dag_id AND t.run_id = r.run_id
    WHERE r.run_after > %s AND r.run_after <= %s AND r.run_type = 'scheduled'
    """


_HOW = (
    "{minutes} minutes of {lanes} lanes with a store each and one warehouse, without new orders. Orders run every five "
    "minutes, shipments every ten; the ticks of the lanes are spread over the minutes."
)
_WHOSE = (
    "CPU is that of Airflow's processes (scheduler with LocalExecutor, its tasks, API server, DAG processor) and of "
    "PostgreSQL. The stores and the warehouse run in the benchmark's own process."
)
_ON_CELERY = (
    "CPU is that of Airflow's processes (scheduler, two workers of four tasks each, API server, DAG processor) "
    "and of PostgreSQL. Celery is for several machines: here both workers share one with all the rest."
)


class LanesDoNotRun(AssertionError):
    """A lane did not run its windows, so there is no result."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A task instance of a scheduled run: when its window ended, and when it was queued, started and ended."""

    dag_id: str
    due: datetime
    task_id: str
    state: str | None
    queued: datetime | None
    started: datetime | None
    ended: datetime | None

    @property
    def has_process(self) -> bool:
        """Whether a process started for it."""
        return self.state not in (None, "skipped", "upstream_failed")


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured over some minutes."""

    tasks: Sequence[Ran]
    seconds: float
    processor: dict[str, float]
    sandbox_seconds: float

    @property
    def processor_seconds(self) -> float:
        """CPU seconds of Airflow and PostgreSQL together."""
        return sum(self.processor.values())


def measure(*, quick: bool) -> Outcome:
    """Let every lane run its first windows, which end its quarantine, and measure the windows that follow."""
    return _measure(10 if quick else 200, on_celery=False)


def measure_on_celery(*, quick: bool) -> Outcome:
    """Measure the same on two workers of Celery, on the same machine."""
    return _measure(10 if quick else 100, on_celery=True)


def _measure(lanes: int, *, on_celery: bool) -> Outcome:
    minutes = _EVERY
    names = [f"merchant_{number:04}" for number in range(lanes)]
    with Redis() if on_celery else nullcontext() as redis, _lanes_running(names, redis) as (site, merchants):
        _wait_for_first_windows(site, names)
        before = merchants.calls()
        found = _measure_minutes(site, minutes)
        unread = [name for name, calls in merchants.calls().items() if calls == before[name]]
        if unread:
            raise LanesDoNotRun(f"{len(unread)} stores were not read in {minutes} minutes: {unread[:5]}")
    return _outcome(lanes, minutes, found, on_celery=on_celery)


def _outcome(lanes: int, minutes: int, found: Measured, *, on_celery: bool) -> Outcome:
    cores = os.cpu_count() or 1
    processes = [task for task in found.tasks if task.has_process]
    runs = {(task.dag_id, task.due) for task in found.tasks}
    failed = [task for task in found.tasks if task.state in ("failed", "upstream_failed", "up_for_retry")]
    if failed or len({dag_id for dag_id, _ in runs if dag_id.startswith("orders")}) != lanes:
        raise LanesDoNotRun(f"{len(runs)} runs, {len(failed)} failed tasks: {failed[:3]}")
    waited = [_seconds(task.started, task.queued) for task in processes]
    late = [_seconds(task.started, task.due) for task in _first_of(processes)]
    ended = [_seconds(task.ended, task.due) for task in processes]
    share = round(found.processor_seconds / found.seconds / cores, 3)
    most = max(sum((task.dag_id, task.due) == run for task in processes) for run in runs)
    p95_waited, latest = round(_p95(waited), 2), round(max(late), 1)
    return Outcome(
        title=f"{lanes} idle lanes at five-minute windows{' on two workers of Celery' if on_celery else ''}",
        figures=(
            Figure("runs", len(runs)),
            Figure("task processes of a run, at most", most),
            Figure("skipped task instances", sum(task.state == "skipped" for task in found.tasks)),
            Figure("queued to running, p95", p95_waited, None, "s"),
            Figure("tick to start, p95", round(_p95(late), 1), None, "s"),
            Figure("tick to start, latest", latest, None, "s"),
            Figure("tick to the end of the last task, p95", round(_p95(ended), 1), None, "s"),
            Figure("CPU of a run", round(found.processor_seconds / len(runs), 2), None, "s"),
            Figure("share of the cores", share),
            *(
                Figure(f"share of the cores, {part}", round(spent / found.seconds / cores, 3))
                for part, spent in found.processor.items()
            ),
            Figure("share of the cores that the sandbox stores use besides",
                   round(found.sandbox_seconds / found.seconds / cores, 3)),
        ),
        targets=(
            Target("task processes of a run", most, 1, "at most"),
            Target("queued to running, p95", p95_waited, _QUEUED, "at most", "s"),
            Target("latest start after the tick", latest, _LATEST, "at most", "s"),
            *(() if on_celery else (Target("share of the cores", share, _SHARE, "at most"),)),
        ),
        notes=(_HOW.format(minutes=minutes, lanes=lanes), _ON_CELERY if on_celery else _WHOSE),
    )  # fmt: skip


@contextmanager
def _lanes_running(names: Sequence[str], redis: Redis | None) -> Iterator[tuple[Site, Merchants]]:
    """Start the stores, a warehouse, PostgreSQL and Airflow; let the lanes' DAGs run."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cartage-bench-")))
        merchants = stack.enter_context(
            Merchants(names, {"store_time_zone": "America/New_York", **UNTHROTTLED})
        )
        shop = stack.enter_context(Shop(seed=SEED, store_rules=UNTHROTTLED))
        postgres = stack.enter_context(EmbeddedPostgres(throw_away=True))
        deployment = stack.enter_context(
            Deployment(
                home,
                shop,
                postgres,
                lanes={name: _lane(name, number) for number, name in enumerate(names)},
                env={**merchants.connections(), **AS_SHIPPED},
                all_admins=True,
                parallelism=PARALLELISM,
                broker=redis.url if redis else None,
            )
        )
        airflow = deployment.start_airflow()
        client = stack.enter_context(airflow.client())
        wanted = [f"{family}__{name}" for family in _FAMILIES for name in names]
        client.wait_for_dags(wanted, seconds=_PARSE_SECONDS)
        say(f"  {len(names)} lanes are parsed")
        for family in _FAMILIES:
            client.call(
                "PATCH",
                "/dags",
                params={"dag_id_pattern": f"{family}__merchant", "limit": len(names)},
                json={"is_paused": False},
            )
        yield Site(shop, deployment, postgres), merchants


def _lane(name: str, number: int) -> dict[str, Any]:
    """Return a merchant's lane, whose ticks come at a minute of its own among the five, and the ten."""
    return {
        "store": {"connection": f"threedcart_{name}"},
        "schedules": {
            "orders": f"{number % _EVERY}-59/{_EVERY} * * * *",
            "shipments": f"{number % (2 * _EVERY)}-59/{2 * _EVERY} * * * *",
        },
        "limits": NO_LIMITS,
        "warehouse": {"settings": {"visibility_delay": "0s"}},
    }


def _wait_for_first_windows(site: Site, names: Sequence[str]) -> None:
    """Wait until every lane has swept its store and polled its warehouse once: what follows are windows as any."""
    deadline = time.monotonic() + 60 * (2 * _EVERY + 1)
    wanted, done = len(_FAMILIES) * len(names), 0
    while done < wanted:
        if time.monotonic() > deadline:
            raise LanesDoNotRun(f"only {done} of {wanted} DAGs have run their first windows")
        time.sleep(_POLL_SECONDS)
        with site.postgres.connect("airflow") as connection:
            row = connection.execute(
                "SELECT count(DISTINCT dag_id) FROM task_instance WHERE state = 'success'"
                " AND task_id IN ('import_orders', 'poll_tracking')"
            ).fetchone()
        done = int(str(row[0])) if row else 0
    with site.postgres.connect("cartage") as connection:
        connection.execute(_SETTLED)
    say("  every lane has run its first windows")


def _measure_minutes(site: Site, minutes: int) -> Measured:
    """Measure these minutes, from the next full one on; then wait until the last of their runs have ended."""
    time.sleep(60 - time.time() % 60)
    since, began = datetime.now(UTC), time.monotonic()
    before, sandbox = _processor_seconds(site), processor_time.sandbox()
    time.sleep(60 * minutes - 1)
    until, after = datetime.now(UTC), _processor_seconds(site)
    seconds, sandbox = time.monotonic() - began, processor_time.sandbox() - sandbox
    spent = {part: after[part] - before[part] for part in after}
    return Measured(_tasks_between(site, since - timedelta(seconds=1), until), seconds, spent, sandbox)


def _tasks_between(site: Site, since: datetime, until: datetime) -> list[Ran]:
    """Return the task instances of the runs that were due then, once all of them have ended."""
    deadline = time.monotonic() + _TO_START.total_seconds()
    while True:
        with site.postgres.connect("airflow") as connection:
            rows: list[Any] = connection.execute(_TASKS, (since, until)).fetchall()
        found = [Ran(*row) for row in rows]
        if all(task.ended is not None for task in found) or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_SECONDS)


def _processor_seconds(site: Site) -> dict[str, float]:
    """Return the CPU seconds of PostgreSQL and of each of Airflow's components, with what they started."""
    spent = {"PostgreSQL": processor_time.postgres(site)}
    airflow = site.deployment.airflow
    for name, component in (airflow.processes if airflow else {}).items():
        spent[name] = 0.0
        for pid in session_members(component.pid):
            with suppress(psutil.NoSuchProcess):
                spent[name] += sum(psutil.Process(pid).cpu_times()[:4])
    return spent


def _first_of(tasks: Sequence[Ran]) -> list[Ran]:
    """Return the task of each run that started first."""
    first: dict[tuple[str, datetime], Ran] = {}
    for task in sorted(tasks, key=lambda task: _seconds(task.started, task.due)):
        first.setdefault((task.dag_id, task.due), task)
    return list(first.values())


def _seconds(later: datetime | None, earlier: datetime | None) -> float:
    if later is None or earlier is None:
        raise LanesDoNotRun("a task has not started and ended in time")
    return (later - earlier).total_seconds()


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[ceil(0.95 * len(values)) - 1]
