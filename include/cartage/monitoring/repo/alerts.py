"""Alerts in the ledger, and which messages each channel has received about them.

Findings are compared with open alerts as sets: there is one open alert for each (kind, key) of a lane, however often it
is found. A message that a channel did not accept simply stays due.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, text, update

from cartage.db.schema import alert, alert_delivery, task_run

# How long a process may take to send one message before another process may send it.
_CLAIM = timedelta(minutes=5)
# A channel that was down for longer is not sent what was resolved before then.
_LONGEST_OUTAGE = timedelta(days=7)

_OPEN_ALERT = (alert.c.closed_at.is_(None), alert.c.cleared_at.is_(None))

_OPEN = text(
    """
    INSERT INTO alert (lane, kind, key, stage, title, meaning, fix, links, facts, orders, mark, patience)
    SELECT :lane, f.kind, f.key, f.stage, f.title, f.meaning, f.fix, f.links, f.facts, f.orders, f.mark,
        make_interval(secs => f.patience)
    FROM jsonb_to_recordset(CAST(:found AS jsonb)) AS f(kind text, key text, stage text, title text, meaning text,
        fix text, links jsonb, facts jsonb, orders int, mark bigint, patience double precision)
    ORDER BY f.kind, f.key
    ON CONFLICT (lane, kind, key) WHERE closed_at IS NULL DO UPDATE SET
        stage = excluded.stage, title = excluded.title, meaning = excluded.meaning, fix = excluded.fix,
        links = alert.links || excluded.links, facts = excluded.facts, orders = excluded.orders,
        mark = greatest(alert.mark, excluded.mark), patience = excluded.patience,
        seen_at = clock_timestamp(), cleared_at = NULL
    """
)

_CLEAR = text(
    """
    UPDATE alert a SET cleared_at = clock_timestamp()
    WHERE a.lane = :lane AND a.closed_at IS NULL AND a.cleared_at IS NULL AND a.kind = ANY(:kinds)
      AND NOT EXISTS (
          SELECT FROM jsonb_to_recordset(CAST(:found AS jsonb)) AS f(kind text, key text)
          WHERE f.kind = a.kind AND f.key = a.key)
    """
)

# The first attempt creates the delivery row: a new channel is sent nothing about alerts that were resolved before it.
_CLAIM_DUE = text(
    """
    WITH due AS (
        SELECT a.id, c.channel, d.alerted_at, d.times
        FROM alert a CROSS JOIN unnest(CAST(:channels AS text[])) AS c(channel)
        LEFT JOIN alert_delivery d ON d.alert_id = a.id AND d.channel = c.channel
        WHERE a.lane = :lane AND a.closed_at IS NULL AND a.cleared_at IS NULL
          AND (CAST(:kinds AS text[]) IS NULL OR a.kind = ANY(:kinds))
          AND a.opened_at + a.patience <= clock_timestamp()
          AND (d.alerted_at IS NULL OR a.mark > d.mark
               OR d.alerted_at <= clock_timestamp() - CAST(:repeat AS interval))
        UNION ALL
        SELECT a.id, d.channel, d.alerted_at, d.times
        FROM alert_delivery d JOIN alert a ON a.id = d.alert_id
        WHERE d.resolved_at IS NULL AND d.channel = ANY(:channels) AND a.lane = :lane
          AND (CAST(:kinds AS text[]) IS NULL OR a.kind = ANY(:kinds))
          AND a.closed_at > clock_timestamp() - CAST(:longest_outage AS interval)
    ), claimed AS (
        INSERT INTO alert_delivery AS d (alert_id, channel, claimed_until, alerted_at)
        SELECT id, channel, clock_timestamp() + CAST(:claim AS interval), alerted_at FROM due ORDER BY id, channel
        ON CONFLICT (alert_id, channel) DO UPDATE SET claimed_until = excluded.claimed_until
        WHERE (d.claimed_until IS NULL OR d.claimed_until < clock_timestamp())
          -- Another process has sent it since `due` was read.
          AND d.alerted_at IS NOT DISTINCT FROM excluded.alerted_at AND d.resolved_at IS NULL
        RETURNING d.alert_id, d.channel
    )
    SELECT a.*, c.channel, coalesce(due.times, 0) AS times
    FROM claimed c JOIN alert a ON a.id = c.alert_id
    JOIN due ON due.id = c.alert_id AND due.channel = c.channel
    ORDER BY a.opened_at, a.id
    """
)

_MARK_FAILED = text(
    """
    UPDATE alert_delivery d SET claimed_until = NULL, error = n.error
    FROM jsonb_to_recordset(CAST(:failed AS jsonb)) AS n(alert_id bigint, channel text, error text)
    WHERE d.alert_id = n.alert_id AND d.channel = n.channel
    """
)


@dataclass(frozen=True, slots=True)
class AlertFinding:
    """Something that is wrong now.

    Attributes:
        key: Tells findings of one kind apart, and stays the same while the finding lasts.
        links: Addresses, by name.
        facts: Short values, by name.
        orders: How many orders it affects.
        mark: Higher than when the alert was last sent means news, which is sent at once.
        patience: A younger alert is not sent yet.
    """

    kind: str
    key: str
    stage: str
    title: str
    meaning: str
    fix: str
    links: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str | int] = field(default_factory=dict)
    orders: int = 0
    mark: int = 0
    patience: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as the ledger has it. `times`: how often it was sent (in a `Message`: through its channel)."""

    id: int
    lane: str
    kind: str
    key: str
    stage: str
    title: str
    meaning: str
    fix: str
    links: dict[str, str]
    facts: dict[str, str | int]
    orders: int
    mark: int
    opened_at: datetime
    seen_at: datetime
    cleared_at: datetime | None
    closed_at: datetime | None
    times: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message that is due, claimed for this process: an alert and the channel to send it through."""

    alert: AlertRow
    channel: str

    @property
    def resolved(self) -> bool:
        """Return whether the message says that the alert is resolved."""
        return self.alert.closed_at is not None


def lock_alerts(connection: Connection, lane: str) -> None:
    """Keep other processes from updating this lane's alerts until this transaction ends."""
    key = func.hashtextextended(f"cartage alerts {lane}", 0)
    connection.execute(select(func.pg_advisory_xact_lock(key)))


def open_alerts_for(connection: Connection, lane: str, found: Sequence[AlertFinding]) -> None:
    """Open an alert for each finding that has none, and update those that have one."""
    if found:
        connection.execute(_OPEN, {"lane": lane, "found": _json(found)})


def clear_absent(
    connection: Connection, lane: str, kinds: Collection[str], found: Sequence[AlertFinding]
) -> None:
    """Clear the open alerts of these kinds that were not found."""
    connection.execute(_CLEAR, {"lane": lane, "kinds": list(kinds), "found": _json(found)})


def clear_succeeded(connection: Connection, lane: str, kinds: Collection[str]) -> None:
    """Clear the open alerts of these kinds, opened by an event, whose task has succeeded since they were last seen."""
    connection.execute(
        update(alert)
        .values(cleared_at=task_run.c.succeeded_at)
        .where(
            *_OPEN_ALERT,
            alert.c.lane == lane,
            alert.c.kind.in_(kinds),
            task_run.c.lane == alert.c.lane,
            task_run.c.task == alert.c.stage,
            task_run.c.succeeded_at > alert.c.seen_at,
        )
    )


def close_settled(connection: Connection, lane: str, settle: timedelta) -> None:
    """Close the alerts that have been clear for `settle`. One that was found again before is still the same alert."""
    connection.execute(
        update(alert)
        .values(closed_at=func.clock_timestamp())
        .where(
            alert.c.lane == lane,
            alert.c.closed_at.is_(None),
            alert.c.cleared_at <= func.clock_timestamp() - settle,
        )
    )


def close_by_hand(connection: Connection, alert_id: int) -> bool:
    """Close an open alert. Return False if there is none with this id. If it is found again, it is a new alert."""
    statement = (
        update(alert)
        .values(
            cleared_at=func.coalesce(alert.c.cleared_at, func.clock_timestamp()),
            closed_at=func.clock_timestamp(),
        )
        .where(alert.c.id == alert_id, alert.c.closed_at.is_(None))
    )
    return connection.execute(statement).rowcount == 1


def count_open(connection: Connection, lane: str) -> int:
    """Return how many alerts of the lane are open and not clear."""
    query = select(func.count()).select_from(alert).where(alert.c.lane == lane, *_OPEN_ALERT)
    return connection.execute(query).scalar_one()


def claim_due(
    connection: Connection,
    lane: str,
    channels: Sequence[str],
    *,
    repeat: timedelta | None,
    kinds: Collection[str] | None = None,
) -> list[Message]:
    """Claim every message that is due, the oldest alert first: first messages, repeats (None: never), resolutions."""
    values = {
        "lane": lane,
        "channels": list(channels),
        "kinds": None if kinds is None else list(kinds),
        "repeat": repeat,
        "longest_outage": _LONGEST_OUTAGE,
        "claim": _CLAIM,
    }
    rows = connection.execute(_CLAIM_DUE, values).mappings()
    return [Message(alert_row(row), row["channel"]) for row in rows]


def mark_sent(connection: Connection, message: Message) -> None:
    """Record that the channel accepted the message."""
    now = func.clock_timestamp()
    connection.execute(
        update(alert_delivery)
        .values(
            claimed_until=None,
            error="",
            mark=message.alert.mark,
            alerted_at=alert_delivery.c.alerted_at if message.resolved else now,
            times=alert_delivery.c.times + (0 if message.resolved else 1),
            resolved_at=now if message.resolved else None,
        )
        .where(alert_delivery.c.alert_id == message.alert.id, alert_delivery.c.channel == message.channel)
    )


def mark_failed(connection: Connection, failed: Sequence[tuple[Message, str]]) -> None:
    """Release messages that were not accepted, each with the reason. They are due again at once."""
    if failed:
        rows = [
            {"alert_id": message.alert.id, "channel": message.channel, "error": error}
            for message, error in failed
        ]
        connection.execute(_MARK_FAILED, {"failed": json.dumps(rows)})


def alert_row(row: RowMapping) -> AlertRow:
    """Return the alert in a row with the columns of `AlertRow`."""
    return AlertRow(**{name: row[name] for name in AlertRow.__dataclass_fields__})


def _json(found: Sequence[AlertFinding]) -> str:
    rows: list[dict[str, Any]] = [
        {
            "kind": finding.kind,
            "key": finding.key,
            "stage": finding.stage,
            "title": finding.title,
            "meaning": finding.meaning,
            "fix": finding.fix,
            "links": finding.links,
            "facts": finding.facts,
            "orders": finding.orders,
            "mark": finding.mark,
            "patience": finding.patience.total_seconds(),
        }
        for finding in found
    ]
    return json.dumps(rows)
