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
from cartage.task_names import stage_and_warehouse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.runtime.context import StageContext

_BLOCKED = "blocked_orders"
_NEVER = datetime.min.replace(tzinfo=UTC)


def idle_stages(connection: Connection, context: StageContext, stages: Collection[str]) -> frozenset[str]:
    """Return those of these later stages that would find nothing to do.

    A stage that cannot be judged, because it does not follow another one in a DAG of Cartage's, is none of them. One
    that works for a single warehouse of several is asked for by its task's name.
    """
    asked = {name: stage_and_warehouse(name) for name in stages}
    judged = {name: stage for name, (stage, _) in asked.items() if stage in _LOOKS}
    awake = {name for name, stage in judged.items() if function_for(stage, context.lane.mode) is not None}
    looks = dict.fromkeys((_LOOKS[judged[name]], asked[name][1]) for name in sorted(awake))
    busy = {
        look_and_place: look_and_place[0](connection, _at(context, look_and_place[1]))
        for look_and_place in looks
    }
    return frozenset(
        name
        for name, stage in judged.items()
        if name not in awake or stage not in busy[_LOOKS[stage], asked[name][1]]
    )


def _at(context: StageContext, warehouse: str) -> StageContext:
    return context.at(warehouse) if warehouse else context


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
        corrects=lane.post_back.corrections,
        warehouses=context.concerns if context.warehouse_name else None,
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
    lane = context.lane
    may_push = lane.inventory is not None and any(
        repo.has_stock(connection, lane.name, warehouse) for warehouse in lane.warehouse_names()
    )
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
