"""Keep the figures of the reports up to date with the ledger, and rebuild them.

Only orders that changed are read, and only the days on which they count, before and after the change, are counted
again: a shipment that the warehouse reports late counts on the day on which it left. Small transactions: no run waits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cartage.db.engine import database_time
from cartage.reports.histogram import merge_times
from cartage.reports.promise import DueDays, due_days
from cartage.reports.repo import changes, days, facts, months

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane

log = logging.getLogger(__name__)

_EVENTS = 20_000
_ORDERS = 5_000
_DAYS = 200


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: orders whose facts changed, days counted again; `complete` if nothing is left to read."""

    orders: int = 0
    days: int = 0
    complete: bool = True


class _Refresh:
    """One refresh of the figures by the present settings of the lanes."""

    def __init__(self, ledger: Ledger, lanes: Sequence[Lane], *, wait: bool) -> None:
        self._ledger = ledger
        self._lanes = {lane.name: lane for lane in lanes}
        self._wait = wait
        self._orders = self._days = 0
        self._rules: list[dict[str, Any]] = []

    def run(self, most_events: int | None) -> Refreshed:
        with self._ledger.begin() as connection:
            if not changes.lock_reports(connection, wait=self._wait):
                return Refreshed(complete=False)
            changes.begin(connection)
            known = facts.counted_lanes(connection)
            begun = changes.progress(connection)
            for lane in self._lanes.values():
                if lane.name not in known:
                    facts.record_rules(connection, lane.name, _digest(lane), lane.store.time_zone)
        left = {name: row.time_zone for name, row in known.items() if name not in self._lanes}
        self._rules = [_rules(lane) for lane in self._lanes.values()]
        self._rules += [{"lane": name, "zone": zone} for name, zone in left.items()]
        complete = self._read_events(begun.event_id if begun else 0, most_events)
        if most_events is None:
            for name, row in known.items():
                if name in self._lanes and row.rules != _digest(self._lanes[name]):
                    self._apply_new_rules(self._lanes[name])
        self._count_days()
        return Refreshed(self._orders, self._days, complete)

    def _read_events(self, after: int, most: int | None) -> bool:
        """Read the orders of the events after this one; return whether all were read."""
        read = 0
        while most is None or read < most:
            with self._ledger.begin() as connection:
                changes.lock_reports(connection, wait=True)
                head = changes.newest_event(connection)
                upto = min(after + _EVENTS, head)
                self._store(connection, changes.changed_by_events(connection, after, upto))
                if upto >= head:
                    self._read_shipments(connection, head)
                    return True
                changes.record_progress(connection, upto)
            read, after = read + upto - after, upto
        return False

    def _read_shipments(self, connection: Connection, head: int) -> None:
        now = database_time(connection)
        begun = changes.progress(connection)
        if begun is not None:
            self._store(connection, changes.changed_by_shipments(connection, begun.read_to))
        changes.record_progress(connection, head, read_to=now)

    def _apply_new_rules(self, lane: Lane) -> None:
        """Compute a lane's facts again after its time zone or its promise was changed."""
        log.info(
            "lane %s: its time zone or its promise was changed; all of its days are counted again", lane.name
        )
        after, ids = 0, [0]
        while ids:
            with self._ledger.begin() as connection:
                changes.lock_reports(connection, wait=True)
                ids = facts.orders_of_lane(connection, lane.name, after, _ORDERS)
                self._store(connection, ids)
                after = ids[-1] if ids else after
        with self._ledger.begin() as connection:
            facts.record_rules(connection, lane.name, _digest(lane), lane.store.time_zone)

    def _store(self, connection: Connection, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), _ORDERS):
            batch = ids[start : start + _ORDERS]
            placed = facts.placed_days(connection, batch, self._rules)
            due: Mapping[str, Sequence[DueDays]] = {
                name: list(due_days(promise, placed_on))
                for name, placed_on in placed.items()
                if (promise := self._lanes[name].reports.promise) is not None
            }
            self._orders += facts.store_facts(connection, batch, self._rules, due)

    def _count_days(self) -> None:
        counted = _DAYS
        while counted == _DAYS:
            with self._ledger.begin() as connection:
                changes.lock_reports(connection, wait=True)
                of_months = days.count_days(connection, _DAYS)
                _pack_months(connection, list(of_months))
            counted = sum(of_months.values())
            self._days += counted


def refresh_reports(ledger: Ledger, lanes: Sequence[Lane], *, most_events: int | None = None) -> Refreshed:
    """Bring the figures up to date with the ledger.

    With `most_events` it stops after about so many events, and leaves it to the next complete refresh to apply changed
    settings to past days. Does nothing while another process refreshes the figures.
    """
    return _Refresh(ledger, lanes, wait=False).run(most_events)


def rebuild_reports(ledger: Ledger, lanes: Sequence[Lane]) -> Refreshed:
    """Delete all figures and compute them from the ledger. Until it is done, reports show too little."""
    with ledger.begin() as connection:
        changes.lock_reports(connection, wait=True)
        changes.delete_all(connection)
    return _Refresh(ledger, lanes, wait=True).run(None)


def _pack_months(connection: Connection, wanted: Sequence[tuple[str, date]]) -> None:
    """Store the months of these lanes again, of which days were counted."""
    if wanted:
        rows = months.days_of_months(connection, wanted)
        months.store_months(
            connection,
            [(row.lane, row.month, bytes(row.counts), merge_times(bytes(row.times))) for row in rows],
        )


def _rules(lane: Lane) -> dict[str, Any]:
    rules: dict[str, Any] = {"lane": lane.name, "zone": lane.store.time_zone}
    if promise := lane.reports.promise:
        rules |= {"promise_zone": promise.time_zone or lane.store.time_zone, "cutoff": promise.cutoff}
    return rules


def _digest(lane: Lane) -> str:
    promise = lane.reports.promise
    text = f"{lane.store.time_zone} {promise.model_dump_json() if promise else ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
