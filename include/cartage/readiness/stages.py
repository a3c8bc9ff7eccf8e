"""Find the stages of a run that have nothing to do, by the state of the ledger.

A stage without work now may have some a moment later: the next run takes it up, as it does what a killed run left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cartage.db.engine import database_time
from cartage.db.task_runs import TaskRun, note_nothing_to_do, task_runs
from cartage.dispatch import function_for
from cartage.lanes.modes import Mode
from cartage.lifecycle.causes import newly_blocking
from cartage.monitoring.checks.runs import watchdog_findings
from cartage.readiness import repo

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.runtime.context import StageContext

_BLOCKED = "blocked_orders"
_NEVER = datetime.min.replace(tzinfo=UTC)


def idle_stages(connection: Connection, context: StageContext, stages: Collection[str]) -> frozenset[str]:
    """Return those of these later stages that would find nothing to do.

    A stage that cannot be judged, because it does not follow another one in a DAG of Cartage's, is none of them.
    """
    judged = {stage for stage in stages if stage in _LOOKS}
    awake = {stage for stage in judged if function_for(stage, context.lane.mode) is not None}
    busy: set[str] = set()
    for look in dict.fromkeys(_LOOKS[stage] for stage in sorted(awake)):
        busy |= look(connection, context)
    return frozenset(judged - (awake & busy))


def note_idle(connection: Connection, context: StageContext, tasks: Collection[str]) -> None:
    """Note that these tasks are skipped in this run, which ends an alert about an earlier failure of theirs.

    Not for `blocked_orders`, which sends its own alerts: what is new to it is what has changed since it last ran.
    """
    noted = sorted(set(tasks) - {_BLOCKED})
    if noted:
        note_nothing_to_do(connection, context.lane.name, noted)


def _orders(connection: Connection, context: StageContext) -> frozenset[str]:
    lane = context.lane
    tasks = task_runs(connection, lane.name)
    busy = repo.orders_work(
        connection,
        lane.name,
        dag_run=context.run.dag_run,
        listed_at=_listed_at(tasks.get(_BLOCKED)),
        writes=lane.mode in (Mode.LIVE, Mode.DRAIN),
        asks_people=lane.required_actions.connection is not None,
    )
    # This run may have blocked orders by a known cause; and a watchdog that has stopped is reported by the lane's runs.
    must_list = newly_blocking(connection, lane.name, context.run.dag_run) or watchdog_findings(
        lane, tasks, database_time(connection)
    )
    return busy | {_BLOCKED} if must_list else busy


def _listed_at(task: TaskRun | None) -> datetime:
    """Return when a live run of `blocked_orders` began that then succeeded; long ago if there was none."""
    if task is None or task.started_at is None or task.succeeded_at is None:
        return _NEVER
    return task.started_at if task.succeeded_at >= task.started_at else _NEVER


def _shipments(connection: Connection, context: StageContext) -> frozenset[str]:
    return repo.shipments_work(connection, context.lane.name, hold=context.lane.post_back.wait_for_carrier)


def _inventory(connection: Connection, context: StageContext) -> frozenset[str]:
    """Return `update_stock` once there is stock: what the store shows may change without the ledger's knowledge."""
    may_push = context.lane.inventory is not None and repo.has_stock(connection, context.lane.name)
    return frozenset({"update_stock"} if may_push else ())


_Look = Callable[["Connection", "StageContext"], frozenset[str]]
_LOOKS: Mapping[str, _Look] = {
    "validate_mappings": _orders,
    "blocked_orders": _orders,
    "settle_outcomes": _orders,
    "transfer_to_warehouse": _orders,
    "mark_processing": _orders,
    "update_order_status": _shipments,
    "update_stock": _inventory,
}
