"""The watchdog's look at one lane: what is wrong becomes alerts, what is well again closes them, and all is told."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from cartage.db import task_runs
from cartage.monitoring.checks.orders import ORDER_KINDS, news, order_findings
from cartage.monitoring.checks.runs import RUN_KINDS, WATCH, DagState, run_findings, watchdog_findings
from cartage.monitoring.checks.stock import STOCK_KINDS, stock_findings
from cartage.monitoring.delivery import send_due
from cartage.monitoring.kinds import BY_EVENT, AlertKind
from cartage.monitoring.repo import alerts
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.runtime.links import NO_LINKS, Links

if TYPE_CHECKING:
    from datetime import datetime

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
    """Look at a lane, open, renew and close its alerts, and tell what is due.

    `dags` is what Airflow says of each DAG; without it nothing is said of paused or missing ones. Returns counts: open
    alerts, messages told, messages that a channel did not take. A channel that is down or slow fails nothing.
    """
    with task_runs.noted(ledger, lane.name, WATCH):
        with ledger.begin() as connection:
            alerts.lock_alerts(connection, lane.name)
            now = _now(connection)
            tasks = task_runs.task_runs(connection, lane.name)
            known_since = min((task.first_at for task in tasks.values()), default=now)
            found = order_findings(connection, lane, links, now, known_since=known_since)
            found += stock_findings(connection, lane, links)
            found += run_findings(lane, tasks, dags or {}, links, now)
            kinds: list[str] = [*ORDER_KINDS, *STOCK_KINDS, *RUN_KINDS, AlertKind.WATCHDOG_SILENT]
            open_alerts = _compare(connection, lane, kinds, found)
        sent, missed = send_due(ledger, lane, resolver)
    log.info("lane %s: %d alert(s) open, %d told, %d not taken", lane.name, open_alerts, sent, missed)
    return {"open": open_alerts, "sent": sent, "not_taken": missed}


def watch_orders(context: StageContext) -> int:
    """Look at what a run of the lane has just learned, its causes and questions, and tell it without delay.

    Also says when the watchdog has stopped. Returns how many messages went out.
    """
    ledger, lane, links = context.ledger, context.lane, context.links
    kinds = (AlertKind.CAUSE, AlertKind.EXCEPTION, AlertKind.WATCHDOG_SILENT)
    with ledger.begin() as connection:
        alerts.lock_alerts(connection, lane.name)
        now = _now(connection)
        found = news(connection, lane, links)
        found += watchdog_findings(lane, task_runs.task_runs(connection, lane.name), now)
        _compare(connection, lane, kinds, found)
    sent, _ = send_due(ledger, lane, context.resolver, kinds=kinds)
    return sent


def report(ledger: Ledger, lane: Lane, resolver: Resolver, finding: AlertFinding) -> None:
    """Open or renew the alert of what has just happened, such as a failed task, and tell it if that is due."""
    with ledger.begin() as connection:
        alerts.lock_alerts(connection, lane.name)
        alerts.open_found(connection, lane.name, [finding])
    send_due(ledger, lane, resolver, kinds=[finding.kind])


def _compare(
    connection: Connection, lane: Lane, kinds: Collection[str], found: Sequence[AlertFinding]
) -> int:
    """Make the open alerts of these kinds what was found; returns how many of the lane's are open and not clear."""
    alerts.open_found(connection, lane.name, found)
    alerts.clear_absent(connection, lane.name, kinds, found)
    alerts.clear_fixed(connection, lane.name, BY_EVENT)
    alerts.close_settled(connection, lane.name, lane.alerts.resolve_after)
    return sum(alert.alert.cleared_at is None for alert in alerts.list_alerts(connection, lane.name))


def _now(connection: Connection) -> datetime:
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now
