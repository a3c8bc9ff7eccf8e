"""The watchdog's check of one lane: open an alert for each finding, resolve what is fixed, send what is due."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cartage.db import task_runs
from cartage.db.engine import database_time
from cartage.lookout.repo import manned_at
from cartage.monitoring.checks.differences import DIFFERENCE_KINDS, difference_findings
from cartage.monitoring.checks.files import FILE_KINDS, file_findings
from cartage.monitoring.checks.lookout import LOOKOUT_KINDS, lookout_findings
from cartage.monitoring.checks.orders import ORDER_KINDS, blocking_findings, order_findings
from cartage.monitoring.checks.runs import RUN_KINDS, WATCH, DagState, run_findings, watchdog_findings
from cartage.monitoring.checks.stock import STOCK_KINDS, stock_findings
from cartage.monitoring.delivery import send_due
from cartage.monitoring.kinds import BY_EVENT, AlertKind
from cartage.monitoring.repo import alerts
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.plurals import counted
from cartage.runtime.links import NO_LINKS, Links

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane
    from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)


def watch_lane(
    ledger: Ledger,
    lane: Lane,
    resolver: Resolver,
    *,
    dags: Mapping[str, DagState] | None = None,
    links: Links = NO_LINKS,
) -> dict[str, int]:
    """Check a lane, open, update and close its alerts, and send the messages that are due.

    `dags` is the state of each DAG in Airflow; without it, paused and missing DAGs are not reported. Return counts:
    open alerts, messages sent, messages that failed. A channel that is down or slow does not fail the check.
    """
    with task_runs.record_task_run(ledger, lane.name, WATCH):
        with ledger.begin() as connection:
            alerts.lock_alerts(connection, lane.name)
            now = database_time(connection)
            tasks = task_runs.task_runs(connection, lane.name)
            known_since = min((task.first_at for task in tasks.values()), default=now)
            found = order_findings(connection, lane, links, now, known_since=known_since)
            found += stock_findings(connection, lane, links)
            found += file_findings(connection, lane, now)
            found += difference_findings(connection, lane, links, now)
            found += run_findings(lane, tasks, dags or {}, links, now)
            manned = manned_at(connection, [lane.name]).get(lane.name, {})
            found += lookout_findings(lane, manned, dags or {}, now)
            kinds: list[str] = [
                *ORDER_KINDS,
                *STOCK_KINDS,
                *FILE_KINDS,
                *DIFFERENCE_KINDS,
                *RUN_KINDS,
                *LOOKOUT_KINDS,
                AlertKind.WATCHDOG_SILENT,
            ]
            open_alerts = _update_alerts(connection, lane, kinds, found)
        sent, failed = send_due(ledger, lane, resolver)
    opened = counted(open_alerts, "alert")
    log.info("lane %s: %s open, %d sent, %d failed", lane.name, opened, sent, failed)
    return {"open": open_alerts, "sent": sent, "failed": failed}


def watch_orders(context: StageContext) -> int:
    """Check what a run has just found, its causes and exceptions, and send the alerts without waiting for the watchdog.

    Also report a watchdog that has stopped. Return how many messages were sent.
    """
    ledger, lane, links = context.ledger, context.lane, context.links
    kinds = (AlertKind.CAUSE, AlertKind.EXCEPTION, AlertKind.WATCHDOG_SILENT)
    with ledger.begin() as connection:
        alerts.lock_alerts(connection, lane.name)
        now = database_time(connection)
        found = blocking_findings(connection, lane, links)
        found += watchdog_findings(lane, task_runs.task_runs(connection, lane.name), now)
        _update_alerts(connection, lane, kinds, found)
    sent, _ = send_due(ledger, lane, context.resolver, kinds=kinds)
    return sent


def report_finding(ledger: Ledger, lane: Lane, resolver: Resolver, finding: AlertFinding) -> None:
    """Open or update the alert for an event, such as a failed task, and send it if it is due."""
    with ledger.begin() as connection:
        alerts.lock_alerts(connection, lane.name)
        alerts.open_alerts_for(connection, lane.name, [finding])
    send_due(ledger, lane, resolver, kinds=[finding.kind])


def _update_alerts(
    connection: Connection, lane: Lane, kinds: Collection[str], found: Sequence[AlertFinding]
) -> int:
    """Make the open alerts of these kinds match the findings. Return how many alerts of the lane stay open."""
    alerts.open_alerts_for(connection, lane.name, found)
    alerts.clear_absent(connection, lane.name, kinds, found)
    alerts.clear_succeeded(connection, lane.name, BY_EVENT)
    alerts.close_settled(connection, lane.name, lane.alerts.resolve_after)
    return alerts.count_open(connection, lane.name)
