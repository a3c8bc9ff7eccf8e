"""The metrics of a lane: one catalogue, and their current values. Knows neither StatsD nor Airflow.

A metric's name contains the lane and a label, because StatsD has no tags; docs/metrics.md lists them, and
deploy/grafana turns the names into Prometheus labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cartage.monitoring.repo import ages, counts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane

ORDERS = "orders"
WAITING = "waiting"
OLDEST = "oldest_seconds"
OPEN = "open"
CALLS = "calls"
THROTTLED = "throttled"
DONE = "done"

# Each metric with the meaning of its label; the first four are gauges, the others counters.
METRICS: Mapping[str, str] = {
    ORDERS: "state",
    WAITING: "kind",
    OLDEST: "kind",
    OPEN: "what",
    CALLS: "remote",
    THROTTLED: "remote",
    DONE: "count",
}

# Finished orders grow without end; they are counted as they finish (`done`).
_OPEN_STATES = (
    "imported", "blocked", "held", "ready", "sending", "unknown", "acknowledged", "partially_shipped", "conflict",
    "rejected",
)  # fmt: skip
_KINDS = (ages.NOT_ACKNOWLEDGED, ages.UNKNOWN, ages.NOT_SHIPPED, ages.NOT_POSTED_BACK)


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of `metric`, for this lane and label."""

    metric: str
    lane: str
    label: str
    value: float

    @property
    def name(self) -> str:
        """Return the whole name, e.g. `cartage.demo.orders.ready`; Airflow adds its own prefix."""
        return f"cartage.{self.lane}.{self.metric}.{self.label}"


def gauges(ledger: Ledger, lane: Lane) -> list[Measure]:
    """Return how many open orders are in each state, what waits and for how long, and what is open for a person.

    Zeros are included, so that a gauge falls to zero. Reads open orders only.
    """
    with ledger.begin() as connection:
        orders = counts.orders_by_state(connection, lane.name, _OPEN_STATES)
        open_items, now = counts.open_items(connection, lane.name)
        waiting = ages.waiting_ages(connection, lane.name, dict.fromkeys(_KINDS, now))
        unimported = _unimported(connection, lane, now)
    found = {(ORDERS, state): orders.get(state, 0) for state in _OPEN_STATES}
    found |= {(WAITING, kind): sum(each.orders for each in waiting if each.kind == kind) for kind in _KINDS}
    found |= {(OPEN, what): count for what, count in open_items.items()}
    oldest = {
        kind: min((each.oldest for each in waiting if each.kind == kind), default=None) for kind in _KINDS
    }
    oldest["not_imported"] = unimported
    found |= {(OLDEST, kind): _seconds(since, now) for kind, since in oldest.items()}
    return [Measure(metric, lane.name, label, value) for (metric, label), value in found.items()]


def counters(lane: str, done: Mapping[str, int], calls: Mapping[str, tuple[int, int]]) -> list[Measure]:
    """Return what a task did: its counts, its calls and the 429s among them, by kind of remote. Zeros are left out."""
    found = [Measure(DONE, lane, name, count) for name, count in done.items()]
    for remote, (made, throttled) in calls.items():
        found += [Measure(CALLS, lane, remote, made), Measure(THROTTLED, lane, remote, throttled)]
    return [measure for measure in found if measure.value]


def _unimported(connection: Connection, lane: Lane, now: datetime) -> datetime | None:
    since = lane.store.live_since()
    return ages.unimported_since(connection, lane.name, since, now) if since < now else None


def _seconds(since: datetime | None, now: datetime) -> int:
    return int((now - since).total_seconds()) if since else 0
