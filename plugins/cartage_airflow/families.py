"""The DAG families: the DAGs of a lane.

Airflow parses the files that call this every few seconds. It reads lane settings only, opens nothing, and imports no
client and no database driver.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, get_parsing_context

from cartage.intake.coverage.windows import history_cron
from cartage.lanes import find_lane, valid_lanes
from cartage.preflight import SECTION_NAMES
from cartage.task_names import task_name
from cartage_airflow.lane_dag import (
    Family,
    dag_id_of,
    days_param,
    full_param,
    lane_dag,
    run_deadline,
    window_params,
)
from cartage_airflow.operators.base import StageOperator
from cartage_airflow.operators.inventory import PollStockOperator, UpdateStockOperator
from cartage_airflow.operators.orders import (
    BlockedOrdersOperator,
    ImportOrdersOperator,
    MarkProcessingOperator,
    SettleOutcomesOperator,
    TransferToWarehouseOperator,
    ValidateMappingsOperator,
)
from cartage_airflow.operators.preflight import PreflightOperator
from cartage_airflow.operators.reconciliation import ReconcileOperator
from cartage_airflow.operators.shipments import PollTrackingOperator, UpdateOrderStatusOperator

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

log = logging.getLogger(__name__)


# The last task of a DAG with a task for each of several warehouses: red if one of them is.
EVERY_WAREHOUSE = "every_warehouse"
# Windows of history that may run side by side if started by hand; a backfill has its own limit.
_HISTORY_RUNS = 2
# A task that has nothing to do is skipped; those after it run if nothing before them has failed.
_SKIPPING = {"skip_idle": True, "trigger_rule": "none_failed"}
_LONGEST_COMPARISON = timedelta(hours=3)
# The preflight runs before a lane goes live, and Airflow starts no task before its DAG's start date.
_BEFORE_ANY_GO_LIVE = datetime(2020, 1, 1, tzinfo=UTC)


def lane_dags(family: Family) -> dict[str, DAG]:
    """Return the DAGs of a family by their ids, one for each lane that has it. Never raises.

    A DAG file needs one statement: `globals().update(lane_dags("orders"))`. A lane with a mistake in lanes.yaml has no
    DAG, and `dags/lanes_check.py` shows the mistake. A DAG that cannot be built is logged and left out, because an
    import error would make every DAG of the file stale; the watchdog alerts that it is missing. In a task process,
    only the lane of that task is read, and only its DAG is built.
    """
    build, has_family = _BUILDERS[family]
    dags: dict[str, DAG] = {}
    for lane in _lanes_of(family, get_parsing_context().dag_id):
        dag_id = dag_id_of(family, lane)
        if not has_family(lane):
            continue
        try:
            dags[dag_id] = build(lane)
        except Exception:
            log.exception("DAG %s cannot be built and is left out", dag_id)
    return dags


def _lanes_of(family: Family, dag_id: str | None) -> list[Lane]:
    """Return the lane of this DAG of the family, and read no other; every lane if Airflow asks for all DAGs."""
    if dag_id is None:
        return valid_lanes()
    lane = find_lane(dag_id.removeprefix(f"{family}__")) if dag_id.startswith(f"{family}__") else None
    return [] if lane is None else [lane]


def orders_dag(lane: Lane) -> DAG:
    """Return `orders__<lane>`: from New in the store to Processing, one window per run."""
    with lane_dag(
        lane,
        "orders",
        cron=lane.schedules.orders,
        params=window_params(),
        task_settings=_SKIPPING,
        deadline=run_deadline(lane, "orders", "mark_processing"),
    ) as dag:
        _order_stages(lane)
    return dag


def orders_history_dag(lane: Lane) -> DAG:
    """Return `orders_history__<lane>`: the same stages over long windows, for backfills. It has no schedule.

    It is not paused at first: a backfill of a paused DAG does not run.
    """
    # The timetable imports Airflow's core, which tasks and the other families do not need.
    from cartage_airflow.history import HistoryTimetable

    with lane_dag(
        lane,
        "orders_history",
        cron=history_cron(lane),
        params=window_params(),
        timetable=HistoryTimetable,
        max_active_runs=_HISTORY_RUNS,
        is_paused_upon_creation=False,
        task_settings={"background": True} | _SKIPPING,
    ) as dag:
        _order_stages(lane)
    return dag


def shipments_dag(lane: Lane) -> DAG:
    """Return `shipments__<lane>`: from the warehouse's packages to Shipped in the store."""
    with lane_dag(
        lane,
        "shipments",
        cron=lane.schedules.shipments,
        params={},
        task_settings=_SKIPPING,
        deadline=run_deadline(lane, "shipments", "update_order_status"),
    ) as dag:
        polled = _at_each_warehouse(PollTrackingOperator, lane)
        polled >> UpdateOrderStatusOperator(
            task_id="update_order_status", lane=lane.name, **_after_warehouses(lane)
        )
        _fail_with_one_of(polled)
    return dag


def inventory_dag(lane: Lane) -> DAG:
    """Return `inventory__<lane>`: from the warehouse's stock to the store's, for a lane with `inventory` settings.

    One run at a time, so that an older stock level never overwrites a newer one.

    Raises:
        ValueError: If the lane has no `inventory`.
    """
    if lane.inventory is None:
        raise ValueError(f"lane {lane.name} has no inventory")
    with lane_dag(
        lane,
        "inventory",
        cron=lane.inventory.schedule,
        params=full_param(),
        max_active_runs=1,
        task_settings=_SKIPPING,
    ) as dag:
        polled = _at_each_warehouse(PollStockOperator, lane)
        polled >> UpdateStockOperator(task_id="update_stock", lane=lane.name, **_after_warehouses(lane))
        _fail_with_one_of(polled)
    return dag


def preflight_dag(lane: Lane) -> DAG:
    """Return `preflight__<lane>`: checks of the setup of store and warehouse, one task per section, in parallel."""
    with lane_dag(
        lane,
        "preflight",
        cron=lane.schedules.preflight,
        params={},
        start_date=_BEFORE_ANY_GO_LIVE,
        max_active_runs=1,
        task_settings={"background": True},
    ) as dag:
        for section in SECTION_NAMES:
            PreflightOperator(task_id=section, section=section, lane=lane.name)
    return dag


def reconciliation_dag(lane: Lane) -> DAG:
    """Return `reconciliation__<lane>`: store, ledger and warehouse compared, daily and on demand."""
    cron = lane.schedules.reconciliation.removeprefix("off")
    with lane_dag(
        lane,
        "reconciliation",
        cron=cron,
        params=days_param(),
        start_date=_BEFORE_ANY_GO_LIVE,
        max_active_runs=1,
    ) as dag:
        # In the background's share of the calls, the lists of a large store take longer than a stage may.
        longest = max(_LONGEST_COMPARISON, lane.limits.task_timeout)
        ReconcileOperator(task_id="compare", lane=lane.name, background=True, execution_timeout=longest)
    return dag


def required_actions_dag(lane: Lane) -> DAG:
    """Return `required_actions__<lane>`: one run for each request for a decision; Cartage starts the runs.

    It is not paused at first: nobody would see the requests.
    """
    # Airflow's human-in-the-loop operator is heavy, and no other family needs it.
    from cartage_airflow.operators.required_actions import AskOperator, CarryOutOperator

    with lane_dag(
        lane,
        "required_actions",
        cron="",
        params={},
        start_date=_BEFORE_ANY_GO_LIVE,
        max_active_runs=lane.required_actions.max_open,
        is_paused_upon_creation=False,
    ) as dag:
        # A person may take days, and Airflow would apply an execution timeout to the wait.
        asked = AskOperator(task_id="ask", lane=lane.name, execution_timeout=None)
        asked >> CarryOutOperator(task_id="carry_out", lane=lane.name)
    return dag


def _order_stages(lane: Lane) -> None:
    imported = ImportOrdersOperator(task_id="import_orders", lane=lane.name)
    validated = ValidateMappingsOperator(task_id="validate_mappings", lane=lane.name)
    settled = _at_each_warehouse(SettleOutcomesOperator, lane)
    transferred = _at_each_warehouse(TransferToWarehouseOperator, lane)
    marked = MarkProcessingOperator(task_id="mark_processing", lane=lane.name, **_after_warehouses(lane))
    # It fails once for each cause. The causes have their own alerts, and a retry would fix none of them.
    blocked = BlockedOrdersOperator(
        task_id="blocked_orders",
        lane=lane.name,
        retries=0,
        on_failure_callback=None,
        on_retry_callback=None,
    )
    imported >> validated >> settled
    for settle, transfer in zip(settled, transferred, strict=True):
        settle >> transfer
    transferred >> marked
    _fail_with_one_of(transferred)
    validated >> blocked


def _at_each_warehouse(operator: type[StageOperator], lane: Lane) -> list[StageOperator]:
    """Return the tasks of a stage that speaks to the warehouse: one, or one for each warehouse of several."""
    return [
        operator(task_id=task_name(operator.stage, name), lane=lane.name, warehouse=name)
        for name in lane.warehouse_names()
    ]


def _after_warehouses(lane: Lane) -> dict[str, Any]:
    """Return the settings of a task after those of several warehouses: one that is down does not keep it waiting."""
    return {"trigger_rule": "all_done"} if lane.warehouses else {}


def _fail_with_one_of(tasks: list[StageOperator]) -> None:
    """Let the run fail if the task of one of several warehouses has failed, although those after it went on.

    Airflow judges a run by its last tasks. This one becomes `upstream_failed`, or success, without a process: the
    scheduler itself ends an empty task.
    """
    if len(tasks) > 1:
        from airflow.providers.standard.operators.empty import EmptyOperator

        tasks >> EmptyOperator(task_id=EVERY_WAREHOUSE, retries=0)


def _every_lane(_: Lane) -> bool:
    return True


_BUILDERS: dict[Family, tuple[Callable[[Lane], DAG], Callable[[Lane], bool]]] = {
    "inventory": (inventory_dag, lambda lane: lane.inventory is not None),
    "orders": (orders_dag, _every_lane),
    "orders_history": (orders_history_dag, _every_lane),
    "preflight": (preflight_dag, _every_lane),
    "reconciliation": (reconciliation_dag, _every_lane),
    "required_actions": (required_actions_dag, lambda lane: bool(lane.required_actions.connection)),
    "shipments": (shipments_dag, _every_lane),
}
