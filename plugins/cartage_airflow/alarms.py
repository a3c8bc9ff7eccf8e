"""Callbacks for a failed task and a late run: open an alert in the ledger and send it to the lane's channels.

A failure callback runs in the task's process, or in the dag-processor if that process died. A deadline callback runs
in a slot of the executor.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from cartage.errors import RemoteError
from cartage.task_names import stage_and_warehouse
from cartage_airflow.operators.inventory import StockPushPaused
from cartage_airflow.operators.preflight import PreflightFailed
from cartage_airflow.resolver import AirflowResolver
from cartage_airflow.stopping import StageStopped

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.connections import Resolver
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring import Explanation
    from cartage.monitoring.repo.alerts import AlertFinding

log = logging.getLogger(__name__)


def log_failure(context: Context) -> None:
    """Log what failed, what it means and what to do, as the last error after Airflow's traceback."""
    found = _explained(context)
    log.error("%s. %s What to do: %s", found.title.rstrip("."), found.meaning, found.fix)


class CartageNotifier(BaseNotifier):
    """Send an alert about a failed task to the channels of its lane (`alerts` in lanes.yaml), if it has any.

    The alert stays open in the ledger until the task succeeds again. While it is open it is not sent at every failure.
    If the ledger cannot be reached, the alert is sent at each failure.

    :param lane: Name of the lane. Default: the `lane` of the failed task's operator.
    """

    def __init__(self, *, lane: str | None = None) -> None:
        super().__init__()
        self.lane = lane

    def notify(self, context: Context) -> None:
        """Open the alert and send it, unless it is already open and was sent recently.

        Raises:
            AlertsFailed: If the ledger cannot be reached and a channel fails. It names each such channel.
            SettingsError: If lanes.yaml has no valid lane of this name.
        """
        from cartage.lanes import get_lane

        lane = get_lane(self.lane or _lane_of(context))
        with alert_once(context.get("exception"), AirflowResolver()) as should_alert:
            if should_alert:
                _send(lane, alert_for_failure(context))


def _lane_of(context: Context) -> str:
    """Return the lane of the failed task.

    After a task's process has died, its fields are templates still; the run's param is what they render to.
    """
    lane = str(getattr(context["task"], "lane", ""))
    return str(context["params"].get("lane") or "") if "{{" in lane else lane


@contextmanager
def alert_once(failure: object, resolver: Resolver) -> Iterator[bool]:
    """Yield whether to alert about this failure: an outage of a remote is alerted once for all lanes and tasks.

    If the block raises, the alert counts as not sent. If the ledger cannot be read, yield True.
    """
    key = failure.circuit if isinstance(failure, RemoteError) else ""
    if not key:
        yield True
        return
    from sqlalchemy.exc import SQLAlchemyError

    from cartage.connections import ledger_url
    from cartage.db import circuit, open_ledger

    ledger = open_ledger(ledger_url(resolver), pool_size=1)
    try:
        try:
            with ledger.begin() as connection:
                should_alert = circuit.claim_outage_alert(connection, key)
        except SQLAlchemyError as error:
            log.warning(
                "cannot read from the ledger whether this outage was alerted: %s", type(error).__name__
            )
            yield True
            return
        if not should_alert:
            log.info("%s: already alerted by an earlier run", failure)
        try:
            yield should_alert
        except BaseException:
            with ledger.begin() as connection:
                circuit.release_outage_alert(connection, key)
            raise
    finally:
        ledger.close()


def run_is_late(lane: str, dag_id: str, last_task: str, context: dict[str, Any]) -> None:
    """Alert that a run has not ended by its deadline. Airflow calls this with what it knows about the run.

    Airflow (3.3.2) also calls it for a run that failed before its deadline: that run is not late, and its task has
    alerted. Runs of a backfill are left out: they queue, which may take long and is no fault.
    """
    from cartage.lanes import get_lane
    from cartage.lanes.kinds import duration_text
    from cartage.monitoring.repo.alerts import AlertFinding
    from cartage_airflow.links import alert_links

    run = context.get("dag_run") or {}
    if run.get("run_type") == "backfill":
        log.info(
            "run %s of %s belongs to a backfill and may take long: no alert", run.get("dag_run_id"), dag_id
        )
        return
    if _ended_before_deadline(run, context.get("deadline") or {}):
        log.info("run %s of %s has ended (%s): no alert", run.get("dag_run_id"), dag_id, run.get("state"))
        return
    link = alert_links().dag(dag_id)
    found = get_lane(lane)
    _send(
        found,
        AlertFinding(
            kind="run_late",
            key=dag_id,
            stage=last_task,
            title=f"A run of {dag_id} has not ended within {duration_text(found.alerts.limits.run)}",
            meaning="Its orders wait in the ledger; none is lost. Other runs continue.",
            fix="See in Airflow which task is not done: whether it waits for a slot, is being retried, or is slow.",
            links={"Airflow": link} if link else {},
            facts={"run": str(run.get("dag_run_id", ""))},
        ),
    )


def _ended_before_deadline(run: Mapping[str, Any], deadline: Mapping[str, Any]) -> bool:
    """Return whether a run was over when its deadline passed. One that failed needs no second alert."""
    state = run.get("state")
    if state not in ("success", "failed"):
        return False
    ended, due = _instant(run.get("end_date")), _instant(deadline.get("deadline_time"))
    return state == "failed" or (ended is not None and due is not None and ended <= due)


def _instant(value: object) -> datetime | None:
    """Return a time of Airflow's, which is text after it has passed through JSON."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _send(lane: Lane, finding: AlertFinding) -> None:
    from cartage.connections import ledger_url
    from cartage.db import open_ledger
    from cartage.monitoring.delivery import send_directly
    from cartage.monitoring.watch import report_finding

    resolver = AirflowResolver()
    try:
        ledger = open_ledger(ledger_url(resolver), pool_size=1)
        try:
            report_finding(ledger, lane, resolver, finding)
        finally:
            ledger.close()
    except Exception:
        # Whatever is wrong with the ledger, an alert that is sent twice is better than none.
        log.warning("cannot record this alert in the ledger; sending it directly", exc_info=True)
        send_directly(lane, resolver, finding)


def alert_for_failure(context: Context) -> AlertFinding:
    """Return the alert for a failed task. Each task and type of failure has its own alert."""
    from cartage.monitoring.repo.alerts import AlertFinding

    task, found, failure = context["ti"], _explained(context), context.get("exception")
    if isinstance(failure, StockPushPaused):
        # This alert lasts until a person decides, although the task's next runs succeed.
        from cartage.monitoring.checks.stock import paused_push_finding
        from cartage_airflow.links import alert_links

        return paused_push_finding(_lane_of(context), {"run": task.run_id}, links=alert_links(task.log_url))
    return AlertFinding(
        kind="failed_task",
        key=f"{task.task_id}/{type(failure).__name__ if failure else 'killed'}",
        stage=task.task_id,
        title=_titled(found.title, task.task_id),
        meaning=found.meaning,
        fix=found.fix,
        links={"Log": task.log_url},
        facts={"run": task.run_id, "try": task.try_number},
    )


def _titled(title: str, task_id: str) -> str:
    """Return the title with the warehouse of the task, if it is one of several: another may have the same vendor."""
    _, warehouse = stage_and_warehouse(task_id)
    return f"Warehouse {warehouse}: {title}" if warehouse else title


def _explained(context: Context) -> Explanation:
    from cartage.monitoring import Explanation, explain

    failure = context.get("exception")
    if isinstance(failure, StageStopped):
        return Explanation(
            str(failure),
            "What it did is kept, and the next try continues from there.",
            "If this happens again, find in the log what was slow, or raise limits.task_timeout of the lane.",
        )
    if isinstance(failure, PreflightFailed):
        return Explanation(
            str(failure),
            "Nothing has stopped yet, but orders that depend on it will be blocked. None is lost.",
            "Open the task's log: it lists each mistake and how to fix it.",
        )
    if isinstance(failure, StockPushPaused):
        return Explanation(
            str(failure),
            "The store keeps its current stock, and orders are not affected. No stock is pushed until a person "
            "decides, or until the new stock passes the checks.",
            "The task's log and the desk's Stock page list what would change. Decide there, or with `cartage stock "
            "approve` or `cartage stock refuse`.",
        )
    if isinstance(failure, BaseException):
        return explain(failure)
    return Explanation(
        "The task's process ended without an error message",
        "It was killed, or its machine is gone. Nothing is lost: the next run asks before it sends.",
        "Check whether the worker ran out of memory or was restarted. The next run continues by itself.",
    )
