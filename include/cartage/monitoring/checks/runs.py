"""What is wrong with a lane's runs now: a DAG that is paused or missing, a run that did not begin, no watchdog.

Airflow's deadlines know the runs that exist. A run that never came is known by the ledger alone: each task notes there
when it began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cartage.db.task_runs import TaskRun
from cartage.lanes.modes import Mode
from cartage.monitoring.kinds import WATCH_EVERY, AlertKind
from cartage.monitoring.repo.alerts import AlertFinding

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.runtime.links import Links

# The watchdog's own name among the tasks of a lane.
WATCH = "watch"

RUN_KINDS = (AlertKind.RUN_MISSED, AlertKind.DAG_PAUSED, AlertKind.DAG_MISSING)

# The DAG families on which an order's way and the store's stock depend, with the task that each run begins with.
EXPECTED: Mapping[str, tuple[str, Callable[[Lane], str]]] = {
    "orders": ("import_orders", lambda lane: lane.schedules.orders),
    "shipments": ("poll_tracking", lambda lane: lane.schedules.shipments),
    "inventory": ("poll_stock", lambda lane: lane.inventory.schedule if lane.inventory else ""),
}


class DagState(StrEnum):
    """What Airflow says of a DAG."""

    ACTIVE = "active"
    PAUSED = "paused"
    MISSING = "missing"


def expected(lane: Lane) -> list[str]:
    """The DAGs that must run for this lane; none for one that does not act on store and warehouse."""
    if lane.mode not in {Mode.LIVE, Mode.DRAIN}:
        return []
    return [f"{family}__{lane.name}" for family in EXPECTED if family != "inventory" or lane.inventory]


def run_findings(
    lane: Lane, tasks: Mapping[str, TaskRun], dags: Mapping[str, DagState], links: Links, now: datetime
) -> list[AlertFinding]:
    """What is wrong with the runs of a lane. `dags`: what Airflow says of each; left out: nothing is known."""
    return [
        one
        for dag in expected(lane)
        for one in _of_dag(lane, dag, tasks, dags.get(dag, DagState.ACTIVE), links, now)
    ]


def _of_dag(
    lane: Lane,
    dag: str,
    tasks: Mapping[str, TaskRun],
    state: DagState,
    links: Links,
    now: datetime,
) -> Iterator[AlertFinding]:
    task, cron = EXPECTED[dag.partition("__")[0]]
    address = links.dag(dag)
    found = {"Airflow": address} if address else {}
    last = tasks[task].started_at if task in tasks else None
    facts: dict[str, str | int] = {"last run": f"{last:%F %T} UTC" if last else "none yet"}
    if state is not DagState.ACTIVE:
        yield AlertFinding(
            kind=AlertKind.DAG_PAUSED if state is DagState.PAUSED else AlertKind.DAG_MISSING,
            key=dag,
            stage=task,
            title=f"The DAG {dag} is {'paused' if state is DagState.PAUSED else 'not there'}, and its lane is live",
            meaning="Nothing of it runs by itself. Orders wait in the store or in the ledger; none is lost.",
            fix=_FIXES[state],
            links=found,
            facts=facts,
            # Whoever pauses a DAG for a moment need not be told of it.
            patience=lane.alerts.limits.run,
        )
    elif (due := missed(lane, task, cron(lane), tasks, now)) is not None:
        yield AlertFinding(
            kind=AlertKind.RUN_MISSED,
            key=dag,
            stage=task,
            title=f"No run of {dag} has begun, though one was due at {due:%F %T} UTC",
            meaning="Orders wait in the store or in the ledger. The next run takes them all up; none is lost.",
            fix="See whether Airflow's scheduler and workers are up (`airflow jobs check`), whether the pool has "
            "slots, and whether Airflow shows import errors.",
            links=found,
            facts=facts,
            # A lane that has just become live, or an Airflow that has just come back, is about to run.
            patience=WATCH_EVERY,
        )


_FIXES = {
    DagState.PAUSED: "Unpause it in Airflow, or set the lane's mode to off or shadow if it is meant to rest.",
    DagState.MISSING: "See Airflow's import errors and `cartage lanes check`, and whether the dag-processor is up.",
}


def missed(lane: Lane, task: str, cron: str, tasks: Mapping[str, TaskRun], now: datetime) -> datetime | None:
    """When the run was due that has not begun by now, with the lane's grace; None if none is missing.

    A lane that was never watched before has the time since then only.
    """
    from croniter import croniter

    ticks = croniter(cron, (now - lane.alerts.limits.run).astimezone(UTC) + timedelta(microseconds=1))
    due: datetime = ticks.get_prev(datetime)
    run, watch = tasks.get(task), tasks.get(WATCH)
    begun = (run and run.started_at) or (watch and watch.first_at)
    return due if begun and begun < due else None


def watchdog_findings(lane: Lane, tasks: Mapping[str, TaskRun], now: datetime) -> list[AlertFinding]:
    """Whether the watchdog has not looked at this lane for too long; asked by the lane's own runs."""
    watch = tasks.get(WATCH)
    last = watch.started_at if watch else None
    since = last or min((task.first_at for task in tasks.values()), default=now)
    if since >= now - lane.alerts.limits.run - WATCH_EVERY:
        return []
    return [
        AlertFinding(
            kind=AlertKind.WATCHDOG_SILENT,
            key="",
            stage=WATCH,
            title="The watchdog has stopped looking at this lane",
            meaning="Runs that do not happen and orders that wait too long are not noticed. Orders go on.",
            fix="See whether the DAG watchdog is unpaused in Airflow, and why its runs fail.",
            facts={"last look": f"{last:%F %T} UTC" if last else "none yet"},
        )
    ]
