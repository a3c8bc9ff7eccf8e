"""The entries of the queue: what they are, which a page shows, and in which order. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cartage.monitoring.kinds import AlertKind


class AttentionKind(StrEnum):
    """What an entry is about."""

    CAUSE = "cause"  # blocks orders until it is fixed
    EXCEPTION = "exception"  # orders that need a decision, all of one kind
    HOLD = "hold"  # orders that a rule, a person or a possible duplicate keeps from being sent
    STOCK = "stock"  # a push of stock that waits for an approval
    FILE = "file"  # files of the warehouse that wait for a person, or for a response
    LATE = "late"  # orders that wait for too long, or cannot go on
    RUN = "run"  # runs that fail, are late or do not start


class QueueOrder(StrEnum):
    """In which order entries are listed."""

    MOST = "most"  # failing runs, then the most orders first
    OLDEST = "oldest"  # the longest open first


# Alerts that only repeat what another entry says; each is part of that entry.
REPEATING = frozenset(
    {AlertKind.CAUSE, AlertKind.EXCEPTION, AlertKind.PUSH_PAUSED, AlertKind.FILE_QUARANTINED}
)
_OF_RUNS = frozenset(
    {
        AlertKind.FAILED_TASK,
        AlertKind.RUN_LATE,
        AlertKind.RUN_MISSED,
        AlertKind.DAG_PAUSED,
        AlertKind.DAG_MISSING,
        AlertKind.WATCHDOG_SILENT,
    }
)
_OF_FILES = frozenset({AlertKind.NO_RESPONSE, AlertKind.FILES_LEFT})


@dataclass(frozen=True, slots=True)
class Triage:
    """What a person noted about an entry, and when."""

    owner: str
    note: str
    snoozed_until: datetime | None
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that needs a person.

    Attributes:
        key: Tells entries of one kind and lane apart: a cause's id, an exception's kind, `rule:` and a hold's rule,
            the id of a paused push or of an alert, or empty for files in quarantine.
        orders: How many orders (or files, or rows) it concerns.
        opened_at: Since when it needs a person.
        newest: When the newest of what it concerns came.
        alert_id: The alert that the entry is, for late orders and runs; None for all others.
    """

    lane: str
    kind: AttentionKind
    key: str
    orders: int
    opened_at: datetime
    newest: datetime
    alert_id: int | None = None
    triage: Triage | None = None

    @property
    def anchor(self) -> str:
        """The entry's place on a page that lists it."""
        if self.kind is AttentionKind.CAUSE:
            return f"cause-{self.key}"
        words = "".join(letter if letter.isalnum() else "-" for letter in self.key)
        return "-".join(part for part in (self.kind.value, self.lane, words) if part)

    @property
    def owner(self) -> str:
        """Who takes care of it; empty if nobody does."""
        return self.triage.owner if self.triage else ""

    @property
    def note(self) -> str:
        """What people noted about it."""
        return self.triage.note if self.triage else ""

    def snoozed(self, now: datetime) -> bool:
        """Return whether it is snoozed. What came after the snooze brings it back."""
        triage = self.triage
        if triage is None or triage.snoozed_until is None:
            return False
        return triage.snoozed_until > now and triage.changed_at >= self.newest


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which entries a page shows: of one kind, of one owner (empty: nobody's), or those that are snoozed."""

    kind: AttentionKind | None = None
    owner: str | None = None
    snoozed: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """Part of the queue, and what is in all of it.

    `kinds` counts the entries of each kind that are not snoozed, `owners` those of each owner; `total` is how many
    entries the filter leaves.
    """

    entries: Sequence[Entry]
    total: int
    kinds: Counter[AttentionKind]
    owners: Counter[str]
    snoozed: int


def kind_of_alert(kind: str) -> AttentionKind:
    """Return what an entry for an alert of this kind is about."""
    if kind in _OF_RUNS:
        return AttentionKind.RUN
    return AttentionKind.FILE if kind in _OF_FILES else AttentionKind.LATE


def queue_page(
    entries: Collection[Entry],
    now: datetime,
    wanted: QueueFilter,
    order: QueueOrder,
    *,
    first: int = 0,
    size: int,
) -> Queue:
    """Return one page of the queue from the entry with the number `first`."""
    awake = [entry for entry in entries if not entry.snoozed(now)]
    asleep = [entry for entry in entries if entry.snoozed(now)]
    listed = sorted(_wanted(asleep if wanted.snoozed else awake, wanted), key=_ORDERS[order])
    return Queue(
        listed[first : first + size],
        len(listed),
        Counter(entry.kind for entry in awake),
        Counter(entry.owner for entry in awake),
        len(asleep),
    )


def _wanted(entries: Iterable[Entry], wanted: QueueFilter) -> Iterable[Entry]:
    for entry in entries:
        of_kind = wanted.kind is None or entry.kind is wanted.kind
        if of_kind and (wanted.owner is None or entry.owner == wanted.owner):
            yield entry


def _most_first(entry: Entry) -> tuple[object, ...]:
    # A run that fails stops a whole lane, however many orders it has.
    return (entry.kind is not AttentionKind.RUN, -entry.orders, *_oldest_first(entry))


def _oldest_first(entry: Entry) -> tuple[object, ...]:
    return (entry.opened_at, entry.lane, entry.kind, entry.key)


_ORDERS: Mapping[QueueOrder, Callable[[Entry], Any]] = {
    QueueOrder.MOST: _most_first,
    QueueOrder.OLDEST: _oldest_first,
}
