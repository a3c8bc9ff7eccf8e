"""Build a DAG of a lane without its tasks: id, schedule, tags, defaults, deadline and fields of its trigger form."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import DAG, AssetOrTimeSchedule, CronDataIntervalTimetable, Param, get_parsing_context
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from cartage.intake.coverage.windows import tick_at_or_before
from cartage.lookout.rules import LookFor
from cartage_airflow import manual
from cartage_airflow.task_defaults import default_args
from cartage_airflow.triggers.lookout import looked_for

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage_airflow.history import HistoryTimetable

Family = Literal[
    "inventory",
    "orders",
    "orders_history",
    "preflight",
    "reconciliation",
    "required_actions",
    "shipments",
]

# Windows that may run side by side, besides those of a backfill; claims in the ledger keep them apart.
_RUNS = 4
_TASKS = 8


def dag_id_of(family: Family, lane: Lane) -> str:
    """Return the id of a lane's DAG: `orders__demo`."""
    return f"{family}__{lane.name}"


def lane_dag(
    lane: Lane,
    family: Family,
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
    """Build one family\'s DAG of a lane, without tasks; the caller adds them."""
    return DAG(
        dag_id=dag_id_of(family, lane),
        description=manual.description(family, lane),
        doc_md=manual.dag_page(family, lane),
        schedule=None if lane.mode == "off" or not cron else _schedule(lane, family, timetable, cron),
        # The window that contains the go-live begins before it, and Airflow starts no task before this date.
        start_date=start_date or tick_at_or_before(cron, lane.store.live_since()),
        catchup=False,
        max_active_runs=max_active_runs,
        max_active_tasks=_TASKS,
        tags={
            "cartage",
            family,
            f"lane:{lane.name}",
            *(f"warehouse:{view.warehouse.connector}" for view in lane.views()),
            f"mode:{lane.mode.value}",
        },
        params=params,
        is_paused_upon_creation=is_paused_upon_creation,
        default_args=default_args(lane) | (task_settings or {}),
        deadline=deadline,
        # A DAG whose tasks cannot be built must not reach Airflow half-built.
        auto_register=False,
    )


def _schedule(
    lane: Lane, family: Family, timetable: type[CronDataIntervalTimetable | HistoryTimetable], cron: str
) -> Any:
    """Return when runs start: at the end of each window, and between two if the lookout has found something."""
    windows: Any = timetable(cron, timezone="UTC")
    # A task needs the windows alone.
    if get_parsing_context().dag_id is not None or family not in set(LookFor):
        return windows
    news = looked_for(lane, LookFor(family))
    return windows if news is None else AssetOrTimeSchedule(timetable=windows, assets=[news])


def run_deadline(lane: Lane, family: Family, last_task: str) -> DeadlineAlert:
    """Return the alert for a run that has not ended in time since it was queued; a backfill's window is long past."""
    return DeadlineAlert(
        name=f"{family} of {lane.name}",
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=lane.alerts.limits.run,
        callback=SyncCallback(
            "cartage_airflow.alarms.run_is_late",
            kwargs={"lane": lane.name, "dag_id": dag_id_of(family, lane), "last_task": last_task},
        ),
    )


def window_params() -> dict[str, Param]:
    """Return the fields with which a person names the window to import."""
    return {
        name: Param(None, type=["null", "string"], format="date-time", title=title, description=_WINDOW_HELP)
        for name, title in (("window_start", "Window start"), ("window_end", "Window end"))
    }


def full_param() -> dict[str, Param]:
    """Return the field that asks for a full sync of stock."""
    return {"full": Param(False, type="boolean", title="Full sync", description=_FULL_HELP)}


def days_param() -> dict[str, Param]:
    """Return the field that says how many days are compared."""
    days = Param(None, type=["null", "integer"], minimum=1, maximum=365, title="Days", description=_DAYS_HELP)
    return {"days": days}


def job_params() -> dict[str, Param]:
    """Return the fields that name a job of the desk, and its lane."""
    return {
        "lane": Param(None, type=["null", "string"], title="Lane", description="The job's lane."),
        "job": Param(None, type=["null", "integer"], title="Job", description=_JOB_HELP),
    }


_FULL_HELP = "Write all stock, also what the store shows correctly already."

_WINDOW_HELP = (
    "Only for a run that you start by hand: the window of orders to import, with a time zone, for example "
    "2026-11-23T14:00:00Z. Give both or neither. Without them: the last complete window of the schedule."
)
_JOB_HELP = "Number of the job that the desk recorded."
_DAYS_HELP = "Days of past orders that are compared. Without it: the lane's reconciliation.days."
