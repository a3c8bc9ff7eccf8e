"""A sign of life for a monitor outside: what no scheduler, no worker and no watchdog is left to say.

Two ways. A monitor asks: `cartage heartbeat` looks into the ledger and exits with 1 if something does not run. Or it
waits to be called: the watchdog calls the connection `cartage_heartbeat`, and a dead-man's switch alarms when the calls
stop.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import text

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

# An Airflow connection of type HTTP: as of a webhook, the password is the secret part of the address.
CONNECTION = "cartage_heartbeat"
_FIX = f"Check the connection {CONNECTION!r} in Airflow (Admin > Connections)."


def silent(ledger: Ledger, lane: Lane) -> list[str]:
    """What of a lane does not run, in words; nothing for a lane that need not run."""
    if lane.mode not in {Mode.LIVE, Mode.DRAIN}:
        return []
    with ledger.begin() as connection:
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        tasks = task_runs(connection, lane.name)
    if not tasks:
        return [f"nothing has ever run for lane {lane.name}"]
    found = [*run_findings(lane, tasks, {}, NO_LINKS, now), *watchdog_findings(lane, tasks, now)]
    return [one.title for one in found]


def call_monitor(resolver: Resolver, lanes: int) -> bool:
    """Call the monitor outside, if the deployment has one; returns whether it was called. Never raises for it."""
    try:
        connection = resolver.get(CONNECTION)
        if connection is None:
            return False
        post(webhook_url(connection), {"source": "cartage", "lanes": lanes}, channel=CONNECTION, fix=_FIX)
    except CartageError as error:
        log.error("heartbeat not sent: %s", error)  # noqa: TRY400 - its text says all, and holds no address
        return False
    return True
