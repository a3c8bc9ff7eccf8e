"""All lanes at a glance: a handful of statements, however many lanes there are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from cartage.db.call_budget import PACE_NOW
from cartage.db.engine import database_time
from cartage.model.states import State
from cartage.monitoring.repo.survey import lanes_with_gaps, task_runs_of
from cartage.monitoring.survey import import_windows
from cartage.operations.attention.entries import AttentionKind, Entry
from cartage.operations.views.health import circuit_of

if TYPE_CHECKING:
    from cartage.db.task_runs import TaskRun
    from cartage.lanes.settings.lane import Lane

# Orders that are not finished. Finished ones grow without end, and are counted as they finish.
OPEN_STATES = (
    State.IMPORTED,
    State.BLOCKED,
    State.HELD,
    State.READY,
    State.SENDING,
    State.UNKNOWN,
    State.REJECTED,
    State.CONFLICT,
    State.ACKNOWLEDGED,
    State.PARTIALLY_SHIPPED,
)
# Those that wait for Cartage or a person, not for the warehouse.
WAITING = frozenset(OPEN_STATES) - {State.ACKNOWLEDGED, State.PARTIALLY_SHIPPED}
# The first task of each DAG family of a lane.
FAMILIES = {"orders": "import_orders", "shipments": "poll_tracking", "stock": "poll_stock"}
# What is usual is the mean of the same weekday in so many weeks, until the same time of day.
USUAL_WEEKS = 4
# How many of the newest transfers of all lanes are searched for lost responses.
_NEWEST = 2_000

_STATES = text(
    """
    SELECT lane, state, count(*) AS orders, min(state_since) AS oldest FROM fulfillment_order
    WHERE lane = ANY(:lanes) AND state = ANY(:states) AND superseded_at IS NULL GROUP BY lane, state
    """
)

# An order that shipped, went back and shipped again counts once, when it last shipped.
_FLOW = text(
    """
    SELECT w.lane, w.week,
           (SELECT count(*) FROM fulfillment_order f WHERE f.lane = w.lane AND f.generation = 0
              AND f.created_at >= w.since AND f.created_at < w.until) AS came,
           (SELECT count(*) FROM fulfillment_order f WHERE f.lane = w.lane AND f.state = 'shipped'
              AND f.superseded_at IS NULL AND f.state_since >= w.since AND f.state_since < w.until) AS went
    FROM jsonb_to_recordset(CAST(:windows AS jsonb)) AS w(lane text, week int, since timestamptz, until timestamptz)
    """
)

_STORES = text(
    f"""
    SELECT l.lane, greatest(l.swept_at, l.watched_to) AS read_at, store.pace, store.blocked_until,
           EXISTS (SELECT FROM circuit c WHERE c.remote = 'store ' || s.secure_url AND c.failures > 1) AS is_down
    FROM lane_state l JOIN store s ON s.id = l.store_id
    LEFT JOIN LATERAL (
        SELECT {PACE_NOW} AS pace, b.blocked_until FROM call_bucket b WHERE b.name = s.secure_url
    ) store ON true
    WHERE l.lane = ANY(:lanes)
    """  # noqa: S608 -- constants of the engine, no input
)

_WAREHOUSES = text(
    f"""
    SELECT w.lane, w.warehouse, w.shipments_polled_at, calls.pace, calls.blocked_until
    FROM warehouse_state w CROSS JOIN LATERAL (
        SELECT min({PACE_NOW}) AS pace, max(b.blocked_until) AS blocked_until
        FROM call_bucket b WHERE b.name = w.counted_account OR starts_with(b.name, w.counted_account || '/')) calls
    WHERE w.lane = ANY(:lanes)
    """  # noqa: S608 -- constants of the engine, no input
)

_LOST = text(
    """
    SELECT f.lane, f.warehouse, count(*) AS lost
    FROM (SELECT fulfillment_order_id, outcome FROM transfer ORDER BY id DESC LIMIT :newest) t
    JOIN fulfillment_order f ON f.id = t.fulfillment_order_id
    WHERE t.outcome IN ('unknown', 'not_sent') AND f.lane = ANY(:lanes) GROUP BY f.lane, f.warehouse
    """
)

_DOWN = text("SELECT remote FROM circuit WHERE failures > 1 AND remote = ANY(:remotes)")


@dataclass(frozen=True, slots=True)
class Flow:
    """How many orders came or went today until now, and usually until this time of this weekday; None: unknown."""

    today: int
    usual: float | None


@dataclass(frozen=True, slots=True)
class Remote:
    """A connection of a lane: when it last said something, and what is wrong with it.

    `pace` is below 1 if the remote asked to slow down, `blocked_until` set if it accepts no call until then.
    """

    seen_at: datetime | None = None
    pace: float = 1.0
    blocked_until: datetime | None = None
    is_down: bool = False
    lost: int = 0

    @property
    def trouble(self) -> str:
        """What is wrong, in few words; empty if nothing is."""
        if self.is_down:
            return "down"
        if self.blocked_until:
            return "refuses calls"
        if self.pace < 1:
            return f"slowed to {self.pace:.0%}"
        return f"{self.lost} lost" if self.lost else ""


@dataclass(frozen=True, slots=True)
class LaneLine:
    """One lane at a glance.

    Attributes:
        oldest: Since when the oldest order of each state is in it.
        attention: How many entries of each kind need a person.
        warehouses: Each by its name, in the lane's order; the only one of a lane has an empty name.
        runs: When the last live run of each family began; a family without runs is left out.
        has_gap: Whether some time since the last sweep that the lane should have imported is not covered.
    """

    lane: str
    orders: Counter[State] = field(default_factory=Counter)
    oldest: Mapping[State, datetime] = field(default_factory=dict)
    attention: Counter[AttentionKind] = field(default_factory=Counter)
    came: Flow = Flow(0, None)
    went: Flow = Flow(0, None)
    runs: Mapping[str, datetime] = field(default_factory=dict)
    store: Remote = Remote()
    warehouses: Mapping[str, Remote] = field(default_factory=dict)
    has_gap: bool = False
    is_known: bool = False

    @property
    def waits_since(self) -> datetime | None:
        """Since when the oldest order waits for Cartage or a person."""
        return min((since for state, since in self.oldest.items() if state in WAITING), default=None)

    def count(self, *states: State) -> int:
        """Return how many orders are in these states."""
        return sum(self.orders[state] for state in states)


def lane_lines(
    connection: Connection, lanes: Sequence[Lane], entries: Iterable[Entry] = ()
) -> dict[str, LaneLine]:
    """Return every lane at a glance, by its name. `entries` are what needs attention in them, none of it snoozed."""
    names = [lane.name for lane in lanes]
    now = database_time(connection)
    attention: dict[str, Counter[AttentionKind]] = {}
    for entry in entries:
        attention.setdefault(entry.lane, Counter())[entry.kind] += 1
    orders, oldest = _states(connection, names)
    flows = _flows(connection, lanes, now)
    remotes = _remotes(connection, lanes, now)
    tasks = task_runs_of(connection, names)
    gaps = lanes_with_gaps(connection, import_windows(lanes, tasks, now))
    return {
        name: LaneLine(
            name,
            orders.get(name, Counter()),
            oldest.get(name, {}),
            attention.get(name, Counter()),
            *flows[name],
            _runs(tasks.get(name, {})),
            *remotes.get(name, (Remote(), {})),
            name in gaps,
            name in remotes,
        )
        for name in names
    }


def _states(
    connection: Connection, lanes: Collection[str]
) -> tuple[dict[str, Counter[State]], dict[str, dict[State, datetime]]]:
    orders: dict[str, Counter[State]] = {}
    oldest: dict[str, dict[State, datetime]] = {}
    for row in connection.execute(_STATES, {"lanes": list(lanes), "states": list(OPEN_STATES)}):
        orders.setdefault(row.lane, Counter())[State(row.state)] = row.orders
        oldest.setdefault(row.lane, {})[State(row.state)] = row.oldest
    return orders, oldest


def day_windows(zone: ZoneInfo, now: datetime) -> list[tuple[datetime, datetime]]:
    """Return today until now in a store's time, then the same weekday until the same time, week by week back."""
    here = now.astimezone(zone)
    windows = []
    for week in range(USUAL_WEEKS + 1):
        day = here.date() - timedelta(weeks=week)
        midnight = datetime.combine(day, time(), tzinfo=zone)
        windows.append(
            (midnight.astimezone(UTC), datetime.combine(day, here.time(), tzinfo=zone).astimezone(UTC))
        )
    return windows


def _flows(connection: Connection, lanes: Sequence[Lane], now: datetime) -> dict[str, tuple[Flow, Flow]]:
    # Many lanes are in few time zones.
    of_zone = cache(partial(day_windows, now=now))
    windows = []
    for lane in lanes:
        live_since = lane.store.live_since()
        windows += [
            {"lane": lane.name, "week": week, "since": since.isoformat(), "until": until.isoformat()}
            for week, (since, until) in enumerate(of_zone(lane.store.zone()))
            # Before its go-live a lane has no usual day.
            if week == 0 or since >= live_since
        ]
    came: dict[str, dict[int, int]] = {lane.name: {} for lane in lanes}
    went: dict[str, dict[int, int]] = {lane.name: {} for lane in lanes}
    for row in connection.execute(_FLOW, {"windows": json.dumps(windows)}):
        came[row.lane][row.week], went[row.lane][row.week] = row.came, row.went
    return {name: (_flow(came[name]), _flow(went[name])) for name in came}


def _flow(weeks: Mapping[int, int]) -> Flow:
    before = [count for week, count in weeks.items() if week]
    return Flow(weeks.get(0, 0), sum(before) / len(before) if before else None)


def _remotes(
    connection: Connection, lanes: Sequence[Lane], now: datetime
) -> dict[str, tuple[Remote, dict[str, Remote]]]:
    """Return the store and the warehouses of each lane that the ledger knows."""
    keys = {(view.name, view.warehouse_name): circuit_of(view) for lane in lanes for view in lane.views()}
    down = set(connection.execute(_DOWN, {"remotes": sorted(set(keys.values()))}).scalars())
    names = {"lanes": [lane.name for lane in lanes]}
    lost = {
        (row.lane, row.warehouse): row.lost for row in connection.execute(_LOST, names | {"newest": _NEWEST})
    }
    states = {(row.lane, row.warehouse): row for row in connection.execute(_WAREHOUSES, names)}

    def remote(at: datetime | None, row: Row[Any] | None, *, is_down: bool, lost: int = 0) -> Remote:
        if row is None:
            return Remote(at, is_down=is_down, lost=lost)
        until = row.blocked_until if row.blocked_until and row.blocked_until > now else None
        return Remote(at, 1.0 if row.pace is None else row.pace, until, is_down, lost)

    found = {
        row.lane: (remote(row.read_at, row, is_down=row.is_down), dict[str, Remote]())
        for row in connection.execute(_STORES, names)
    }
    for place, key in keys.items():
        lane, name = place
        if lane in found:
            state = states.get(place)
            polled = state.shipments_polled_at if state else None
            found[lane][1][name] = remote(polled, state, is_down=key in down, lost=lost.get(place, 0))
    return found


def _runs(tasks: Mapping[str, TaskRun]) -> dict[str, datetime]:
    found = {family: tasks[task].started_at for family, task in FAMILIES.items() if task in tasks}
    return {family: at for family, at in found.items() if at is not None}
