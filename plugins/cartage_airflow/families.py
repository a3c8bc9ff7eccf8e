"""The DAG families: what the DAG of a lane looks like. DAG files call these, once for each valid lane.

Parsed every few seconds by Airflow: reads lane settings only, opens nothing, imports no client and no
database.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, CronDataIntervalTimetable, CronTriggerTimetable, Param
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from cartage.intake.coverage.windows import history_cron, tick_at_or_before
from cartage.monitoring.kinds import WATCH_CRON
from cartage.preflight import SECTION_NAMES
from cartage_airflow import manual
from cartage_airflow.alarms import CartageNotifier, say_what_failed
from cartage_airflow.assets import lane_asset
from cartage_airflow.operators.blocked import BlockedOrdersOperator
from cartage_airflow.operators.desk_jobs import DeskJobOperator
from cartage_airflow.operators.housekeeping import (
    CleanAirflowOperator,
    DeleteLogsOperator,
    PurgeLedgerOperator,
)
from cartage_airflow.operators.inventory import PollStockOperator, UpdateStockOperator
from cartage_airflow.operators.orders import (
    ImportOrdersOperator,
    MarkProcessingOperator,
    SettleOutcomesOperator,
    TransferToWarehouseOperator,
    ValidateMappingsOperator,
)
from cartage_airflow.operators.preflight import PreflightOperator
from cartage_airflow.operators.shipments import PollTrackingOperator, UpdateOrderStatusOperator
from cartage_airflow.operators.watchdog import WatchdogOperator
from cartage_airflow.retries import RETRIES, RETRY_DELAY, retry_policy

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage_airflow.history import HistoryTimetable

# Names the Airflow pool of all tasks. It must exist: Airflow starts no task of a pool that it does not know.
POOL_VARIABLE = "CARTAGE_POOL"
# Windows that may run side by side, besides those of a backfill; claims in the ledger keep them apart.
_RUNS = 4
_TASKS = 8
# Windows of history that are started by hand at once; a backfill has a bound of its own.
_HISTORY_RUNS = 2
_NIGHTLY = "30 3 * * *"
_LONGEST_WATCH = timedelta(minutes=10)
# The preflight looks before a lane goes live; Airflow would start no task of it until then.
_BEFORE_ANY_GO_LIVE = datetime(2020, 1, 1, tzinfo=UTC)


def orders_dag(lane: Lane) -> DAG:
    """`orders__<lane>`: from New in the store to Processing, a window at a time."""
    with _dag(
        lane,
        "orders",
        cron=lane.schedules.orders,
        params=_window_params(),
        deadline=_deadline(lane, "orders", "mark_processing"),
    ) as dag:
        _order_stages(lane)
    return dag


def orders_history_dag(lane: Lane) -> DAG:
    """`orders_history__<lane>`: the same stages over long windows, for backfills; nothing starts it by itself.

    Not paused at first: a backfill of a paused DAG would wait for a person.
    """
    # Airflow's core brings what tasks and the other families have no use for.
    from cartage_airflow.history import HistoryTimetable

    with _dag(
        lane,
        "orders_history",
        cron=history_cron(lane),
        params=_window_params(),
        timetable=HistoryTimetable,
        max_active_runs=_HISTORY_RUNS,
        is_paused_upon_creation=False,
        task_settings={"background": True},
    ) as dag:
        _order_stages(lane)
    return dag


def shipments_dag(lane: Lane) -> DAG:
    """`shipments__<lane>`: from the warehouse's packages to Shipped in the store."""
    with _dag(
        lane,
        "shipments",
        cron=lane.schedules.shipments,
        params={},
        deadline=_deadline(lane, "shipments", "update_order_status"),
    ) as dag:
        polled = PollTrackingOperator(task_id="poll_tracking", lane=lane.name)
        told = UpdateOrderStatusOperator(
            task_id="update_order_status",
            lane=lane.name,
            outlets=[lane_asset("shipments_posted", lane.name)],
        )
        polled >> told
    return dag


def inventory_dag(lane: Lane) -> DAG:
    """`inventory__<lane>`: from the warehouse's stock to the store's; for a lane that has `inventory`.

    One run at a time: a push rests on figures that an earlier one must not overwrite.
    """
    if lane.inventory is None:
        raise ValueError(f"lane {lane.name} has no inventory")
    with _dag(
        lane, "inventory", cron=lane.inventory.schedule, params=_full_param(), max_active_runs=1
    ) as dag:
        polled = PollStockOperator(task_id="poll_stock", lane=lane.name)
        told = UpdateStockOperator(
            task_id="update_stock", lane=lane.name, outlets=[lane_asset("stock_pushed", lane.name)]
        )
        polled >> told
    return dag


def preflight_dag(lane: Lane) -> DAG:
    """`preflight__<lane>`: what the store's owner must have right, a task for each section, side by side."""
    with _dag(
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


def required_actions_dag(lane: Lane) -> DAG:
    """`required_actions__<lane>`: one run for each opening of a cause, started by `blocked_orders`.

    Not paused at first: a question that nobody sees helps nobody.
    """
    # What people are asked with is heavy, and no other family has a use for it.
    from cartage_airflow.operators.required_actions import AskOperator, CarryOutOperator

    with _dag(
        lane,
        "required_actions",
        cron="",
        params={},
        start_date=_BEFORE_ANY_GO_LIVE,
        max_active_runs=lane.required_actions.max_open,
        is_paused_upon_creation=False,
    ) as dag:
        # A person may take days. Airflow would take a bound on the execution for one on the answer.
        asked = AskOperator(task_id="ask", lane=lane.name, execution_timeout=None)
        asked >> CarryOutOperator(task_id="carry_out", lane=lane.name)
    return dag


def watchdog_dag() -> DAG:
    """`watchdog`: looks at all lanes every few minutes, and tells what is wrong, what lasts, and what is over.

    One for all, so that a paused DAG of one lane is seen; not paused at first, since nobody would be told of that.
    """
    with DAG(
        dag_id="watchdog",
        description=manual.WATCHDOG,
        doc_md=manual.WATCHDOG_PAGE,
        schedule=CronTriggerTimetable(WATCH_CRON, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        tags={"cartage", "watchdog"},
        is_paused_upon_creation=False,
    ) as dag:
        # The next run is the retry.
        WatchdogOperator(
            task_id="watch", owner="cartage", pool=_pool(), retries=0, execution_timeout=_LONGEST_WATCH
        )
    return dag


def housekeeping_dag() -> DAG:
    """`housekeeping`: every night, what is old goes from the ledger, from Airflow's database, and from the logs.

    Without a start date: with one, Airflow would run last night's when it first sees the DAG.
    """
    with DAG(
        dag_id="housekeeping",
        description=manual.HOUSEKEEPING,
        doc_md=manual.HOUSEKEEPING_PAGE,
        schedule=CronTriggerTimetable(_NIGHTLY, timezone="UTC"),
        catchup=False,
        max_active_runs=1,
        tags={"cartage", "housekeeping"},
        is_paused_upon_creation=False,
        default_args={
            "owner": "cartage",
            "pool": _pool(),
            "retries": 2,
            "retry_delay": timedelta(minutes=1),
            "execution_timeout": timedelta(hours=2),
        },
    ) as dag:
        PurgeLedgerOperator(task_id="purge_ledger")
        CleanAirflowOperator(task_id="clean_airflow_database")
        DeleteLogsOperator(task_id="delete_old_logs")
    return dag


def desk_jobs_dag(lane: Lane) -> DAG:
    """`desk_jobs__<lane>`: what a person asked for at the desk; only the desk starts it.

    Not paused at first: whoever pressed a button would wait for another person.
    """
    with _dag(
        lane,
        "desk_jobs",
        cron="",
        params={"job": Param(None, type=["null", "integer"], title="Job", description=_JOB_HELP)},
        start_date=_BEFORE_ANY_GO_LIVE,
        is_paused_upon_creation=False,
    ) as dag:
        DeskJobOperator(task_id="run_job", lane=lane.name)
    return dag


def _order_stages(lane: Lane) -> None:
    imported = ImportOrdersOperator(task_id="import_orders", lane=lane.name)
    validated = ValidateMappingsOperator(task_id="validate_mappings", lane=lane.name)
    settled = SettleOutcomesOperator(task_id="settle_outcomes", lane=lane.name)
    transferred = TransferToWarehouseOperator(
        task_id="transfer_to_warehouse",
        lane=lane.name,
        outlets=[lane_asset("orders_transferred", lane.name)],
    )
    marked = MarkProcessingOperator(task_id="mark_processing", lane=lane.name)
    # Red once for each cause; the causes alert by themselves, and trying again would mend none of them.
    blocked = BlockedOrdersOperator(
        task_id="blocked_orders",
        lane=lane.name,
        retries=0,
        on_failure_callback=None,
        on_retry_callback=None,
    )
    imported >> validated >> settled >> transferred >> marked
    validated >> blocked


def _dag(
    lane: Lane,
    family: str,
    *,
    cron: str,
    params: dict[str, Any],
    timetable: type[CronDataIntervalTimetable | HistoryTimetable] = CronDataIntervalTimetable,
    max_active_runs: int = _RUNS,
    is_paused_upon_creation: bool | None = None,
    start_date: datetime | None = None,
    task_settings: dict[str, Any] | None = None,
    deadline: DeadlineAlert | None = None,
) -> DAG:
    return DAG(
        dag_id=f"{family}__{lane.name}",
        description=manual.description(family, lane),
        doc_md=manual.dag_page(family, lane),
        schedule=None if lane.mode == "off" or not cron else timetable(cron, timezone="UTC"),
        # The window that holds the go-live begins before it; Airflow starts no task before this date.
        start_date=start_date or tick_at_or_before(cron, lane.store.live_since()),
        catchup=False,
        max_active_runs=max_active_runs,
        max_active_tasks=_TASKS,
        tags={
            "cartage",
            family,
            f"lane:{lane.name}",
            f"warehouse:{lane.warehouse.connector}",
            f"mode:{lane.mode.value}",
        },
        params=params,
        is_paused_upon_creation=is_paused_upon_creation,
        default_args=_task_defaults(lane) | (task_settings or {}),
        deadline=deadline,
    )


def _task_defaults(lane: Lane) -> dict[str, Any]:
    return {
        "owner": "cartage",
        "pool": _pool(),
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": retry_policy(),
        "execution_timeout": lane.limits.task_timeout,
        "on_retry_callback": [say_what_failed],
        "on_failure_callback": [CartageNotifier(), say_what_failed],
    }


def _pool() -> str:
    return os.environ.get(POOL_VARIABLE) or "default_pool"


def _deadline(lane: Lane, family: str, last_task: str) -> DeadlineAlert:
    """A run that has not ended by then is told: of the queue, since a backfill's window lies in the past."""
    return DeadlineAlert(
        name=f"{family} of {lane.name}",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=lane.alerts.limits.run,
        callback=SyncCallback(
            "cartage_airflow.alarms.run_is_late",
            kwargs={"lane": lane.name, "dag_id": f"{family}__{lane.name}", "last_task": last_task},
        ),
    )


def _window_params() -> dict[str, Param]:
    return {
        name: Param(None, type=["null", "string"], format="date-time", title=title, description=_WINDOW_HELP)
        for name, title in (("window_start", "Window start"), ("window_end", "Window end"))
    }


def _full_param() -> dict[str, Param]:
    return {"full": Param(False, type="boolean", title="Full sync", description=_FULL_HELP)}


_FULL_HELP = "Write every stock, also what the store shows rightly already."

_WINDOW_HELP = (
    "Only for a run that you start by hand: the window of orders to import, with a time zone, for example "
    "2026-11-23T14:00:00Z. Give both or none; none: the last complete window of the schedule."
)
_JOB_HELP = "The number under which the desk wrote down what is to be done."
