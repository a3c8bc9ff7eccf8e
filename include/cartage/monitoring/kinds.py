"""The kinds of alerts. Each has a runbook in docs/runbooks with the same name."""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum

# How often the watchdog runs: the schedule of its DAG, in UTC.
WATCH_CRON = "*/5 * * * *"
WATCH_EVERY = timedelta(minutes=5)
# Names the address of this deployment's documentation; the runbooks are below it.
DOCS_VARIABLE = "CARTAGE_DOCS_URL"


class AlertKind(StrEnum):
    """What an alert is about."""

    CAUSE = "cause"  # blocks orders until it is fixed
    EXCEPTION = "exception"  # orders that need a person's decision
    STUCK = "stuck"  # orders in conflict, or rejected by the warehouse
    NOT_IMPORTED = "not_imported"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_SHIPPED = "not_shipped"
    NOT_POSTED_BACK = "not_posted_back"
    UNKNOWN = "unknown"  # sends whose outcome is still unknown
    NOT_CONFIRMED = (
        "not_confirmed"  # orders in files, which the warehouse has neither acknowledged nor shipped
    )
    NO_RESPONSE = "no_response"  # files to which the warehouse has not responded (X12 997)
    FILE_QUARANTINED = "file_quarantined"  # a file of the warehouse waits for a person
    FILES_LEFT = (
        "files_left"  # files that were taken in and are not put away, or replies that are not published
    )
    PUSH_PAUSED = "push_paused"  # a stock push that the breaker paused and a person must approve
    DIFFERENCES = "differences"  # between store, ledger and warehouse, of a kind that the lane names
    FAILED_TASK = "failed_task"
    RUN_LATE = "run_late"  # a run that started and has not finished
    RUN_MISSED = "run_missed"  # a run that did not start
    DAG_PAUSED = "dag_paused"
    DAG_MISSING = "dag_missing"
    WATCHDOG_SILENT = "watchdog_silent"
    LOOKOUT_SILENT = "lookout_silent"  # the triggerer asks neither store nor warehouse


# Opened by an event and resolved by the next success of the same task; the watchdog looks for all other kinds.
BY_EVENT = (AlertKind.FAILED_TASK, AlertKind.RUN_LATE)


def runbook(kind: str) -> str:
    """Return the address of the kind's runbook, or its file if `CARTAGE_DOCS_URL` is not set."""
    base = os.environ.get(DOCS_VARIABLE, "").strip().rstrip("/")
    file = f"runbooks/{kind}.md"
    return f"{base}/{file}" if base else f"docs/{file}"
