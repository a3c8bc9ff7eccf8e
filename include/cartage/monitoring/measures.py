"""What there is to measure of a lane: one catalogue of metrics, and their values now. Knows no StatsD, no Airflow.

A metric's name has the lane and a label in it, since StatsD knows no tags; docs/metrics.md lists them, and
deploy/grafana turns names into Prometheus' labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from cartage.monitoring.repo import ages

if TYPE_CHECKING:
    from cartage.db import Ledger
    from cartage.lanes.settings.lane import Lane

ORDERS = "orders"
WAITING = "waiting"
OLDEST = "oldest_seconds"
OPEN = "open"
CALLS = "calls"
THROTTLED = "throttled"
DONE = "done"

# Each metric with what its label means; the first four are gauges, the others counters.
METRICS: Mapping[str, str] = {
    ORDERS: "state",
    WAITING: "kind",
    OLDEST: "kind",
    OPEN: "what",
    CALLS: "remote",
    THROTTLED: "remote",
    DONE: "count",
}

# What is finished grows for ever, and is counted as it happens (`done`).
_OPEN_STATES = (
    "imported", "blocked", "held", "ready", "sending", "unknown", "acknowledged", "partially_shipped", "conflict",
    "rejected",
)  # fmt: skip
_KINDS = (ages.NOT_ACKNOWLEDGED, ages.UNKNOWN, ages.NOT_SHIPPED, ages.NOT_POSTED_BACK)

_STATES = text(
    """
    SELECT state, count(*) AS orders FROM fulfillment_order
    WHERE lane = :lane AND state = ANY(:states) AND superseded_at IS NULL GROUP BY state
    """
)

_COUNTS = text(
    """
    SELECT (SELECT count(*) FROM cause WHERE lane = :lane AND closed_at IS NULL) AS causes,
           (SELECT count(*) FROM exception WHERE lane = :lane AND closed_at IS NULL AND decision IS NULL) AS exceptions,
           (SELECT count(*) FROM alert WHERE lane = :lane AND closed_at IS NULL AND cleared_at IS NULL) AS alerts,
           clock_timestamp() AS now
    """
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One value: of `metric`, for the lane and this label."""

    metric: str
    lane: str
    label: str
    value: float

    @property
    def name(self) -> str:
        """The whole name, e.g. `cartage.demo.orders.ready`; Airflow puts its own prefix before it."""
        return f"cartage.{self.lane}.{self.metric}.{self.label}"


def gauges(ledger: Ledger, lane: Lane) -> list[Measure]:
    """How many open orders are in each state, what waits and for how long, and what is open for a person.

    Also zeros: what is over must fall to zero. Reads open orders only.
    """
    with ledger.begin() as connection:
        states = connection.execute(_STATES, {"lane": lane.name, "states": list(_OPEN_STATES)})
        orders = {row.state: row.orders for row in states}
        counts = connection.execute(_COUNTS, {"lane": lane.name}).one()
        waiting = ages.waiting_ages(connection, lane.name, dict.fromkeys(_KINDS, counts.now))
        unimported = _unimported(connection, lane, counts.now)
    found = {(ORDERS, state): orders.get(state, 0) for state in _OPEN_STATES}
    found |= {(WAITING, kind): waiting[kind].orders if kind in waiting else 0 for kind in _KINDS}
    found |= {(OPEN, what): getattr(counts, what) for what in ("causes", "exceptions", "alerts")}
    oldest = {kind: waiting[kind].oldest if kind in waiting else None for kind in _KINDS}
    oldest["not_imported"] = unimported
    found |= {(OLDEST, kind): _seconds(since, counts.now) for kind, since in oldest.items()}
    return [Measure(metric, lane.name, label, value) for (metric, label), value in found.items()]


def counters(lane: str, done: Mapping[str, int], calls: Mapping[str, tuple[int, int]]) -> list[Measure]:
    """What a task did: its counts, its calls and the 429s among them, by kind of remote; nothing that is zero."""
    found = [Measure(DONE, lane, name, count) for name, count in done.items()]
    for remote, (made, throttled) in calls.items():
        found += [Measure(CALLS, lane, remote, made), Measure(THROTTLED, lane, remote, throttled)]
    return [one for one in found if one.value]


def _unimported(connection: Connection, lane: Lane, now: datetime) -> datetime | None:
    since = lane.store.live_since()
    return ages.unimported_since(connection, lane.name, since, now) if since < now else None


def _seconds(since: datetime | None, now: datetime) -> int:
    return int((now - since).total_seconds()) if since else 0
