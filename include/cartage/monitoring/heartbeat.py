"""A heartbeat for an outside monitor, which notices when scheduler, workers and watchdog are all down.

A monitor can ask: `cartage heartbeat` reads the ledger and exits with 1 if a lane does not run. Or it waits for calls:
the watchdog posts to the connection `cartage_heartbeat`, and a dead-man's switch alerts when the posts stop.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cartage.db.engine import database_time
from cartage.db.task_runs import task_runs
from cartage.errors import CartageError
from cartage.lanes.modes import Mode
from cartage.monitoring.channels.posting import post
from cartage.monitoring.channels.webhook import webhook_url
from cartage.monitoring.checks.runs import run_findings, watchdog_findings
from cartage.runtime.links import NO_LINKS

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane

log = logging.getLogger(__name__)

# An Airflow connection of type HTTP. As for a webhook, the password is the secret part of the address.
CONNECTION = "cartage_heartbeat"
_FIX = f"Check the connection {CONNECTION!r} in Airflow (Admin > Connections)."


def not_running(ledger: Ledger, lane: Lane) -> list[str]:
    """Return what does not run for a lane, in sentences; nothing for a lane that does not have to run."""
    if lane.mode not in {Mode.LIVE, Mode.DRAIN}:
        return []
    with ledger.begin() as connection:
        now = database_time(connection)
        tasks = task_runs(connection, lane.name)
    if not tasks:
        return [f"nothing has ever run for lane {lane.name}"]
    found = [*run_findings(lane, tasks, {}, NO_LINKS, now), *watchdog_findings(lane, tasks, now)]
    return [finding.title for finding in found]


def call_monitor(resolver: Resolver, lanes: int) -> bool:
    """Call the outside monitor, if the deployment has one. Return whether the call succeeded; a failure is logged."""
    try:
        connection = resolver.get(CONNECTION)
        if connection is None:
            return False
        body = {"source": "cartage", "lanes": lanes}
        post(webhook_url(connection), body, connection, channel=CONNECTION, fix=_FIX)
    except CartageError as error:
        log.error("heartbeat not sent: %s", error)  # noqa: TRY400 - a traceback could show the address
        return False
    return True
