"""The queue with what its page shows of each entry: the orders, and what the forms need that fix it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cartage.inventory.repo.paused_pushes import PausedPush, open_paused_pushes
from cartage.lifecycle.exceptions import OrderException, exceptions_by_id
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.views import ListedAlert, alerts_by_id, open_alerts_of
from cartage.operations.attention.entries import REPEATING, AttentionKind, Entry
from cartage.operations.attention.repo import first_exceptions, first_holds
from cartage.validation.views import CauseSummary, OpenHold, open_holds, summaries_by_id
from cartage.warehouses.repo.file_decisions import FileRecord, quarantined_files_of

# Of an entry's orders, so many are listed with their forms; the rest has a link.
SHOWN = 10

# The kind of the alert that repeats an entry of each kind.
_REPEATED_BY = {
    AttentionKind.CAUSE: AlertKind.CAUSE,
    AttentionKind.EXCEPTION: AlertKind.EXCEPTION,
    AttentionKind.STOCK: AlertKind.PUSH_PAUSED,
    AttentionKind.FILE: AlertKind.FILE_QUARANTINED,
}
# The key of an alert of which a lane has only one.
_ONE_FOR_A_LANE = {AlertKind.PUSH_PAUSED: "push", AlertKind.FILE_QUARANTINED: ""}


@dataclass(frozen=True, slots=True)
class Detail:
    """What a page shows of one entry: one of the fields, as its kind has it.

    `alert` is the alert that the entry is, or the one that repeats it; None if the watchdog has sent none.
    """

    alert: ListedAlert | None = None
    cause: CauseSummary | None = None
    exceptions: tuple[OrderException, ...] = ()
    holds: tuple[OpenHold, ...] = ()
    push: PausedPush | None = None
    files: tuple[FileRecord, ...] = ()

    @property
    def is_gone(self) -> bool:
        """Whether the entry was dealt with while the page was read."""
        return not (self.alert or self.cause or self.exceptions or self.holds or self.push or self.files)


def details_of(connection: Connection, entries: Sequence[Entry]) -> Mapping[Entry, Detail]:
    """Return what a page shows of each of these entries: a fixed number of statements."""
    of = {kind: [entry for entry in entries if entry.kind is kind] for kind in AttentionKind}
    causes = summaries_by_id(connection, [int(entry.key) for entry in of[AttentionKind.CAUSE]])
    exceptions = exceptions_by_id(
        connection, first_exceptions(connection, of[AttentionKind.EXCEPTION], SHOWN)
    )
    held = first_holds(connection, of[AttentionKind.HOLD], SHOWN)
    holds = open_holds(connection, ids=held, size=len(held)) if held else []
    waiting = [int(entry.key) for entry in of[AttentionKind.STOCK]]
    pushes = {str(push.id): push for push in open_paused_pushes(connection, waiting)} if waiting else {}
    files = quarantined_files_of(connection, {entry.lane for entry in of[AttentionKind.FILE]}, size=SHOWN)
    own = alerts_by_id(connection, [entry.alert_id for entry in entries if entry.alert_id])
    repeating = open_alerts_of(connection, {entry.lane for entry in entries}, REPEATING)

    def detail(entry: Entry) -> Detail:
        if entry.alert_id:
            return Detail(alert=own.get(entry.alert_id))
        alert = _repeats(entry, repeating)
        match entry.kind:
            case AttentionKind.CAUSE:
                return Detail(alert, cause=causes.get(int(entry.key)))
            case AttentionKind.EXCEPTION:
                same = (entry.lane, entry.key)
                return Detail(alert, exceptions=tuple(x for x in exceptions if (x.lane, x.kind) == same))
            case AttentionKind.HOLD:
                same = (entry.lane, entry.key)
                return Detail(alert, holds=tuple(hold for hold in holds if (hold.lane, hold.group) == same))
            case AttentionKind.STOCK:
                return Detail(alert, push=pushes.get(entry.key))
            case _:
                return Detail(alert, files=tuple(files[entry.lane]))

    return {entry: detail(entry) for entry in entries}


def _repeats(entry: Entry, repeating: Mapping[tuple[str, str, str], ListedAlert]) -> ListedAlert | None:
    """Return the open alert that says the same as an entry."""
    kind = _REPEATED_BY.get(entry.kind)
    if kind is None:
        return None
    return repeating.get((entry.lane, kind, _ONE_FOR_A_LANE.get(kind, entry.key)))
