"""Check a lane's runs: a DAG that is paused or missing, a run that did not start, a watchdog that has stopped.

Airflow's deadlines cover only runs that exist. To find a run that never started, each task records in the ledger when
it started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from cartage.db.task_runs import TaskRun
from cartage.lanes.modes import Mode
from cartage.monitoring.kinds import WATCH_EVERY, AlertKind
from cartage.monitoring.repo.alerts import AlertFinding

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.runtime.links import Links

# The watchdog's name among the tasks of a lane.
WATCH = "watch"

RUN_KINDS = (AlertKind.RUN_MISSED, AlertKind.DAG_PAUSED, AlertKind.DAG_MISSING)

# The DAG families that must run, with the first task and the schedule of each.
FAMILIES: Mapping[str, tuple[str, Callable[[Lane], str]]] = {
    "orders": ("import_orders", lambda lane: lane.schedules.orders),
    "shipments": ("poll_tracking", lambda lane: lane.schedules.shipments),
    "inventory": ("poll_stock", lambda lane: lane.inventory.schedule if lane.inventory else ""),
}


class DagState(StrEnum):
    """The state of a DAG in Airflow."""

    ACTIVE = "active"
    PAUSED = "paused"
    MISSING = "missing"


def expected_dags(lane: Lane) -> list[str]:
    """Return the DAGs that must run for this lane; none unless it is in live or drain mode."""
    if lane.mode not in {Mode.LIVE, Mode.DRAIN}:
        return []
    return [f"{family}__{lane.name}" for family in FAMILIES if family != "inventory" or lane.inventory]


def run_findings(
    lane: Lane, tasks: Mapping[str, TaskRun], dags: Mapping[str, DagState], links: Links, now: datetime
) -> list[AlertFinding]:
    """Return what is wrong with the runs of a lane. A DAG that is not in `dags` counts as active."""
    return [
        finding
        for dag in expected_dags(lane)
        for finding in _dag_findings(lane, dag, tasks, dags.get(dag, DagState.ACTIVE), links, now)
    ]


def _dag_findings(
    lane: Lane,
    dag: str,
    tasks: Mapping[str, TaskRun],
    state: DagState,
    links: Links,
    now: datetime,
) -> Iterator[AlertFinding]:
    task, cron = FAMILIES[dag.partition("__")[0]]
    address = links.dag(dag)
    found = {"Airflow": address} if address else {}
    last = tasks[task].started_at if task in tasks else None
    facts: dict[str, str | int] = {"last run": f"{last:%F %T} UTC" if last else "none yet"}
    if state is not DagState.ACTIVE:
        yield AlertFinding(
            kind=AlertKind.DAG_PAUSED if state is DagState.PAUSED else AlertKind.DAG_MISSING,
            key=dag,
            stage=task,
            title=f"The DAG {dag} is {'paused' if state is DagState.PAUSED else 'missing'}, but its lane is live",
            meaning="Its scheduled runs do not start. Orders wait in the store or in the ledger; none is lost.",
            fix=_FIXES[state],
            links=found,
            facts=facts,
            # Pausing a DAG briefly is not worth an alert.
            patience=lane.alerts.limits.run,
        )
    elif (due := missed_run(lane, task, cron(lane), tasks, now)) is not None:
        yield AlertFinding(
            kind=AlertKind.RUN_MISSED,
            key=dag,
            stage=task,
            title=f"No run of {dag} has started, though one was due at {due:%F %T} UTC",
            meaning="Orders wait in the store or in the ledger. The next run processes them all; none is lost.",
            fix="Check that Airflow's scheduler and workers are up (`airflow jobs check`), that the pool has slots "
            "left, and that Airflow shows no import errors.",
            links=found,
            facts=facts,
            # A lane that has just gone live, or an Airflow that has just restarted, is about to run.
            patience=WATCH_EVERY,
        )


_FIXES = {
    DagState.PAUSED: "Unpause it in Airflow, or set the lane's mode to off or shadow if it should not run.",
    DagState.MISSING: "Check Airflow's import errors, `cartage lanes check`, and that the dag-processor is up.",
}


@lru_cache(maxsize=256)
def _tick_before(cron: str, instant: datetime) -> datetime:
    """Return the last tick before an instant. Hundreds of lanes have few different schedules."""
    from croniter import croniter

    tick: datetime = croniter(cron, instant).get_prev(datetime)
    return tick


def missed_run(
    lane: Lane, task: str, cron: str, tasks: Mapping[str, TaskRun], now: datetime
) -> datetime | None:
    """Return when the run was due that has not started within the lane's `alerts.limits.run`; None if none is missing.

    If the task has never started, runs due before the watchdog first checked the lane do not count.
    """
    due = _tick_before(cron, (now - lane.alerts.limits.run).astimezone(UTC) + timedelta(microseconds=1))
    run, watch = tasks.get(task), tasks.get(WATCH)
    since = (run and run.started_at) or (watch and watch.first_at)
    return due if since and since < due else None


def overdue_dags(lane: Lane, tasks: Mapping[str, TaskRun], now: datetime) -> list[str]:
    """Return the DAGs of a lane that have not started since their last tick, or never: they may be paused or missing.

    A DAG whose run has just started is neither, so that nobody needs to ask Airflow about it.
    """
    found = []
    for dag in expected_dags(lane):
        task, cron = FAMILIES[dag.partition("__")[0]]
        tick = _tick_before(cron(lane), (now - WATCH_EVERY).astimezone(UTC))
        started = tasks[task].started_at if task in tasks else None
        if started is None or started < tick:
            found.append(dag)
    return found


def watchdog_findings(lane: Lane, tasks: Mapping[str, TaskRun], now: datetime) -> list[AlertFinding]:
    """Return a finding if the watchdog has not checked this lane for too long. The lane's own runs call this."""
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
            title="The watchdog has stopped checking this lane",
            meaning="Missing runs and orders that wait too long are not noticed. Orders continue.",
            fix="Check that the DAG watchdog is not paused in Airflow, and why its runs fail.",
            facts={"last check": f"{last:%F %T} UTC" if last else "none yet"},
        )
    ]
