"""The kinds of alerts. Each has a runbook in docs/runbooks, named after it."""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum

# How often the watchdog looks: the schedule of its DAG, in UTC.
WATCH_CRON = "*/5 * * * *"
WATCH_EVERY = timedelta(minutes=5)
# Where this deployment's operators read the documentation; runbooks are below it.
DOCS_VARIABLE = "CARTAGE_DOCS_URL"


class AlertKind(StrEnum):
    """What an alert is about."""

    CAUSE = "cause"  # blocks orders until somebody mends it
    EXCEPTION = "exception"  # orders that need a person's decision
    STUCK = "stuck"  # orders in conflict, or rejected by the warehouse
    NOT_IMPORTED = "not_imported"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_SHIPPED = "not_shipped"
    NOT_POSTED_BACK = "not_posted_back"
    UNKNOWN = "unknown"  # outcomes of sends that stay unsettled
    PUSH_PAUSED = "push_paused"  # a push of stock that the breaker stopped, waits for a person's answer
    FAILED_TASK = "failed_task"
    RUN_LATE = "run_late"  # a run that began and does not end
    RUN_MISSED = "run_missed"  # a run that did not begin
    DAG_PAUSED = "dag_paused"
    DAG_MISSING = "dag_missing"
    WATCHDOG_SILENT = "watchdog_silent"


# Opened when something happens, and cleared by the next success of the same task; all others are looked for.
BY_EVENT = (AlertKind.FAILED_TASK, AlertKind.RUN_LATE)


def runbook(kind: str) -> str:
    """Where the kind's runbook is: an address if the deployment says where its documentation is, else the file."""
    base = os.environ.get(DOCS_VARIABLE, "").strip().rstrip("/")
    file = f"runbooks/{kind}.md"
    return f"{base}/{file}" if base else f"docs/{file}"
