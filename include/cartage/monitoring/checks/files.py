"""Check what a lane exchanges as files: files in quarantine, files that are left, confirmations that do not come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection

from cartage.lanes.account import document_account_of
from cartage.lanes.connectors import ResponsePolicy, response_policy
from cartage.lanes.modes import Mode
from cartage.lanes.settings.warehouse import USUAL_RESPONSE
from cartage.monitoring.checks.hours import Calendar
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.repo import files
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.monitoring.repo.files import WaitingFiles
from cartage.plurals import counted
from cartage.warehouses.repo.file_decisions import quarantine_count

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

FILE_KINDS = (
    AlertKind.FILE_QUARANTINED,
    AlertKind.FILES_LEFT,
    AlertKind.NOT_CONFIRMED,
    AlertKind.NO_RESPONSE,
)
# The next runs try again: a folder that is busy for a moment is not worth an alert.
_LEFT_FOR = timedelta(hours=1)


def file_findings(connection: Connection, lane: Lane, now: datetime) -> list[AlertFinding]:
    """Return what is wrong with a lane's files. Ages are checked only in live and drain mode."""
    found = [_quarantined(connection, lane)]
    if lane.mode in {Mode.LIVE, Mode.DRAIN}:
        found += [
            _left(connection, lane, now),
            *(_not_confirmed(connection, view, now) for view in lane.views()),
            *(_no_response(connection, view, now) for view in lane.views()),
        ]
    return [finding for finding in found if finding is not None]


def _quarantined(connection: Connection, lane: Lane) -> AlertFinding | None:
    count = quarantine_count(connection, lane.name)
    if not count.files:
        return None
    return AlertFinding(
        kind=AlertKind.FILE_QUARANTINED,
        key="",
        stage="poll_tracking",
        title=f"{counted(count.files, 'file of the warehouse waits', 'files of the warehouse wait')} for a person",
        meaning="Something in them cannot be used: what they say of orders or stock is not in effect. The rest of them "
        "is, and other files go on.",
        fix="Look at them on the desk's Files page, or with "
        f"`cartage files quarantine list --lane {lane.name}`. Ask the warehouse to send them again; then drop them, or "
        "release them to be read in spite of their faults.",
        facts=_facts(WaitingFiles(count.files, count.oldest, count.examples, count.accounts), lane),
        mark=int(count.newest.timestamp() * 1_000_000) if count.newest else 0,
    )


def _left(connection: Connection, lane: Lane, now: datetime) -> AlertFinding | None:
    left = files.files_left(connection, lane.name, now - _LEFT_FOR)
    if not left.number:
        return None
    return AlertFinding(
        kind=AlertKind.FILES_LEFT,
        key="",
        stage="poll_tracking",
        title=f"{counted(left.number, 'file was', 'files were')} taken in and not put away, "
        "or the reply is not published",
        meaning="What they say is in effect, once. Every run reads them again, and the warehouse does not see that "
        "they arrived.",
        fix="Read the log of poll_tracking: it says what the warehouse's side refused. Usually the login may not "
        "rename, delete or write there, the archive folder is missing, or the disk is full.",
        facts=_facts(left, lane),
    )


def _not_confirmed(connection: Connection, lane: Lane, now: datetime) -> AlertFinding | None:
    before = Calendar.of(lane).reach(now, lane.warehouse.confirm_within)
    waiting = files.unconfirmed_orders(connection, lane.name, lane.warehouse_name, before) if before else None
    if waiting is None or not waiting.number:
        return None
    return AlertFinding(
        kind=AlertKind.NOT_CONFIRMED,
        key=lane.warehouse_name,
        stage="poll_tracking",
        title=f"{counted(waiting.number, 'order was', 'orders were')} sent in files, "
        f"and {_named(lane, start=False)} has not confirmed that in time",
        meaning="Their files were published. Whether the warehouse has read them is not known; nothing is sent again.",
        fix="Ask the warehouse about the examples. If it does not have them, have it read the files again, or the same "
        f"files put there again: `cartage orders documents --lane {lane.name} REFERENCE` names them.",
        facts=_facts(waiting),
        orders=waiting.number,
    )


def _no_response(connection: Connection, lane: Lane, now: datetime) -> AlertFinding | None:
    within: timedelta | Literal["never"] | None = lane.warehouse.respond_within
    if within is None:
        within = USUAL_RESPONSE if _responds(connection, lane) else "never"
    before = Calendar.of(lane).reach(now, within)
    waiting = (
        files.documents_without_response(connection, lane.name, lane.warehouse_name, before)
        if before
        else None
    )
    if waiting is None or not waiting.number:
        return None
    return AlertFinding(
        kind=AlertKind.NO_RESPONSE,
        key=lane.warehouse_name,
        stage="poll_tracking",
        title=f"{_named(lane)} has not responded to {counted(waiting.number, 'file')} in time",
        meaning="A response (X12 997) says that a file arrived and could be read. Without it the orders in the file "
        "may not be at the warehouse; nothing is sent again.",
        fix="Ask the warehouse whether it has read the files that the examples name. A response that comes late, or a "
        "confirmation of the orders, ends this.",
        facts=_facts(waiting),
    )


def _named(view: Lane, *, start: bool = True) -> str:
    """Return the warehouse's name in a sentence, at its start or not."""
    the = "The" if start else "the"
    return f"{the} warehouse {view.warehouse_name}" if view.warehouse_name else f"{the} warehouse"


def _responds(connection: Connection, lane: Lane) -> bool:
    """Return whether the warehouse responds to files: as its settings say, or as it has done so far."""
    policy = response_policy(lane.warehouse.connector, lane.warehouse.settings)
    if policy is ResponsePolicy.LEARNED:
        return files.responds_to_documents(connection, lane.name, document_account_of(lane))
    return policy is not ResponsePolicy.NEVER


def _facts(waiting: WaitingFiles, lane: Lane | None = None) -> dict[str, str | int]:
    """Return what an alert says of what waits; with a lane that has several warehouses, at which of them."""
    facts: dict[str, str | int] = {"examples": ", ".join(waiting.examples)}
    views = lane.views() if lane else ()
    named = [view.warehouse_name for view in views if document_account_of(view) in waiting.accounts]
    if any(named):
        facts["warehouses"] = ", ".join(named)
    return facts | ({"oldest since": f"{waiting.oldest:%F %T} UTC"} if waiting.oldest else {})
