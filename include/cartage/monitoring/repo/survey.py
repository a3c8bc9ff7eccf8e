"""What the watchdog reads of all lanes at once, to find those that need a check of their own."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, text, update
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import task_run
from cartage.db.task_runs import TaskRun, by_name

# Open orders only: finished ones grow without end.
_OPEN_ORDERS = text(
    """
    SELECT f.lane, f.state, min(f.created_at) AS created, min(f.state_since) AS since,
           min(f.state_since) FILTER (WHERE s.posted_status IS NULL AND s.person_status IS NULL) AS unposted
    FROM fulfillment_order f JOIN sales_order s ON s.id = f.sales_order_id
    WHERE f.lane = ANY(:lanes) AND f.superseded_at IS NULL AND f.state IN (
        'imported', 'blocked', 'ready', 'sending', 'unknown', 'acknowledged', 'partially_shipped', 'conflict',
        'rejected')
    GROUP BY f.lane, f.state
    """
)

_UNPOSTED = text(
    """
    SELECT f.lane, min(h.first_seen_at) AS since
    FROM package p JOIN shipment h ON h.id = p.shipment_id
    JOIN fulfillment_order f ON f.id = h.fulfillment_order_id
    WHERE p.posted_at IS NULL AND p.unfit_at IS NULL AND NOT h.voided AND f.lane = ANY(:lanes)
    GROUP BY f.lane
    """
)

_TASKS = text("SELECT lane, task, first_at, started_at, succeeded_at FROM task_run WHERE lane = ANY(:lanes)")

# What is open for a person or is about to be sent, and lanes that exchange files, whose checks depend on each file.
_BUSY = text(
    """
    SELECT lane FROM cause WHERE closed_at IS NULL
    UNION SELECT lane FROM exception WHERE closed_at IS NULL
    UNION SELECT lane FROM paused_push WHERE closed_at IS NULL
    UNION SELECT lane FROM alert WHERE closed_at IS NULL
    UNION SELECT lane FROM difference WHERE ended_at IS NULL AND ignored_at IS NULL
    UNION SELECT a.lane FROM alert_delivery d JOIN alert a ON a.id = d.alert_id WHERE d.resolved_at IS NULL
    UNION SELECT l.lane FROM unnest(CAST(:lanes AS text[])) AS l(lane)
        WHERE EXISTS (SELECT FROM outbound_document o WHERE o.lane = l.lane)
           OR EXISTS (SELECT FROM inbound_document i WHERE i.lane = l.lane)
    """
)

# The same rule as for one lane: time before the last sweep needs no window.
_UNIMPORTED = text(
    """
    SELECT asked.lane
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked(lane text, since timestamptz, before timestamptz)
    LEFT JOIN lane_state s ON s.lane = asked.lane LEFT JOIN coverage c ON c.lane = asked.lane,
    LATERAL (SELECT least(asked.before, greatest(asked.since, s.swept_at)) AS since) wanted
    WHERE NOT isempty(tstzmultirange(tstzrange(wanted.since, asked.before)) - coalesce(c.ranges, '{}'))
    """
)


@dataclass(frozen=True, slots=True)
class OldestOrders:
    """Of a lane's open orders in one state: when the first was created, entered the state, and waits for its status."""

    created: datetime
    since: datetime
    unposted: datetime | None


def oldest_orders(connection: Connection, lanes: Collection[str]) -> dict[str, dict[str, OldestOrders]]:
    """Return the oldest open orders of these lanes by state, by lane."""
    found: dict[str, dict[str, OldestOrders]] = {}
    for row in connection.execute(_OPEN_ORDERS, {"lanes": list(lanes)}):
        found.setdefault(row.lane, {})[row.state] = OldestOrders(row.created, row.since, row.unposted)
    return found


def oldest_packages(connection: Connection, lanes: Collection[str]) -> dict[str, datetime]:
    """Return since when the oldest package of each of these lanes has not been posted to the store."""
    return {row.lane: row.since for row in connection.execute(_UNPOSTED, {"lanes": list(lanes)})}


def busy_lanes(connection: Connection, lanes: Collection[str]) -> set[str]:
    """Return the lanes with something open for a person, with alerts, or with files."""
    return set(connection.execute(_BUSY, {"lanes": list(lanes)}).scalars())


def lanes_with_gaps(connection: Connection, asked: Mapping[str, tuple[datetime, datetime]]) -> set[str]:
    """Return the lanes of which some instant in `[since, before)` was neither imported nor swept."""
    rows = [
        {"lane": lane, "since": since.isoformat(), "before": before.isoformat()}
        for lane, (since, before) in asked.items()
    ]
    return set(connection.execute(_UNIMPORTED, {"asked": json.dumps(rows)}).scalars())


def task_runs_of(connection: Connection, lanes: Collection[str]) -> dict[str, dict[str, TaskRun]]:
    """Return the recorded tasks of these lanes by name, by lane."""
    found: dict[str, list[TaskRun]] = {}
    for lane, *run in connection.execute(_TASKS, {"lanes": list(lanes)}):
        found.setdefault(lane, []).append(TaskRun(*run))
    return {lane: by_name(runs) for lane, runs in found.items()}


def record_task_runs(connection: Connection, lanes: Sequence[str], task: str) -> None:
    """Record that a task has run and succeeded for each of these lanes."""
    if not lanes:
        return
    rows = [{"lane": lane, "task": task} for lane in sorted(lanes)]
    connection.execute(insert(task_run).values(rows).on_conflict_do_nothing())
    now = func.clock_timestamp()
    ran = update(task_run).where(task_run.c.lane.in_(lanes), task_run.c.task == task)
    connection.execute(ran.values(started_at=now, succeeded_at=now))
