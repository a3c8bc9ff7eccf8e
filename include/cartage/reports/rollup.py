"""Keep the figures of the reports up to date with the ledger, and rebuild them.

Only orders that changed are read, and only the days on which they count, before and after the change, are counted
again: a shipment that the warehouse reports late counts on the day on which it left. Small transactions: no run waits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cartage.db.engine import database_time
from cartage.reports.histogram import merge_times
from cartage.reports.promise import DueDays, due_days
from cartage.reports.repo import changes, days, facts, months

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.reports import Promise

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
        self._zones: dict[str, str] = {}
        self._promises = {
            (lane.name, name): promise for lane in lanes for name, promise in _promises(lane).items()
        }

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
        # Of lanes that are no longer there, the time zone in which their days were counted.
        self._zones = {name: row.time_zone for name, row in known.items()}
        self._zones |= {lane.name: lane.store.time_zone for lane in self._lanes.values()}
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
        """Compute a lane's facts again after its time zone, its warehouses or a promise were changed."""
        log.info("lane %s: its settings were changed; all of its days are counted again", lane.name)
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
        promises = [
            {"lane": lane, "warehouse": name, "zone": self._zone(lane, promise), "cutoff": promise.cutoff}
            for (lane, name), promise in self._promises.items()
        ]
        for start in range(0, len(ids), _ORDERS):
            batch = facts.with_parts(connection, ids[start : start + _ORDERS])
            due: Mapping[facts.Promised, Sequence[DueDays]] = {
                place: list(due_days(self._promises[place], placed_on))
                for place, placed_on in facts.placed_days(connection, batch, promises).items()
            }
            self._orders += facts.store_facts(connection, batch, self._zones, promises, due)

    def _zone(self, lane: str, promise: Promise) -> str:
        return promise.time_zone or self._zones[lane]

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


def _pack_months(connection: Connection, wanted: Sequence[months.Month]) -> None:
    """Store these months again, of which days were counted."""
    if wanted:
        rows = months.days_of_months(connection, wanted)
        months.store_months(
            connection,
            [
                (row.lane, row.month, row.warehouse, bytes(row.counts), merge_times(bytes(row.times)))
                for row in rows
            ],
        )


def _promises(lane: Lane) -> dict[str, Promise]:
    """Return the promise of the lane under an empty name, and those that its warehouses have of their own."""
    own = {name: warehouse.promise for name, warehouse in lane.warehouses.items()}
    return {name: promise for name, promise in {"": lane.reports.promise, **own}.items() if promise}


def _digest(lane: Lane) -> str:
    promise = lane.reports.promise
    rules = [lane.store.time_zone, promise.model_dump_json() if promise else ""]
    for name, warehouse in lane.warehouses.items():
        rules.append(f"{name} {warehouse.promise.model_dump_json() if warehouse.promise else ''}")
    return hashlib.sha256(" ".join(rules).encode()).hexdigest()[:16]
