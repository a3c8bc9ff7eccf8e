"""Alerts that are open, and what each channel was told of them.

What is wrong is compared with what is open, as sets: one alert for each (kind, key) of a lane, however often it is
found. A channel that did not take a message is simply still due; nothing else remembers it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, text

# How long a process has to send one message before another may send it again.
_CLAIM = timedelta(minutes=5)
# A channel that was down longer is not told any more what was over before that.
_OLD_NEWS = timedelta(days=7)

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('cartage alerts ' || CAST(:lane AS text), 0))")

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

# What an event opened, such as a failure, is over once its task has succeeded since.
_CLEAR_FIXED = text(
    """
    UPDATE alert a SET cleared_at = r.succeeded_at FROM task_run r
    WHERE a.lane = :lane AND a.closed_at IS NULL AND a.cleared_at IS NULL AND a.kind = ANY(:kinds)
      AND r.lane = a.lane AND r.task = a.stage AND r.succeeded_at > a.seen_at
    """
)

_CLOSE = text(
    """
    UPDATE alert SET closed_at = clock_timestamp()
    WHERE lane = :lane AND closed_at IS NULL AND cleared_at <= clock_timestamp() - CAST(:settle AS interval)
    """
)

_CLOSE_BY_HAND = text(
    """
    UPDATE alert SET cleared_at = coalesce(cleared_at, clock_timestamp()), closed_at = clock_timestamp()
    WHERE id = :id AND closed_at IS NULL
    """
)

# A delivery row is made by the first attempt: a channel that is new hears nothing of what was over before it.
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
        WHERE d.recovered_at IS NULL AND d.channel = ANY(:channels) AND a.lane = :lane
          AND (CAST(:kinds AS text[]) IS NULL OR a.kind = ANY(:kinds))
          AND a.closed_at > clock_timestamp() - CAST(:old_news AS interval)
    ), claimed AS (
        INSERT INTO alert_delivery AS d (alert_id, channel, claimed_until, alerted_at)
        SELECT id, channel, clock_timestamp() + CAST(:claim AS interval), alerted_at FROM due ORDER BY id, channel
        ON CONFLICT (alert_id, channel) DO UPDATE SET claimed_until = excluded.claimed_until
        WHERE (d.claimed_until IS NULL OR d.claimed_until < clock_timestamp())
          -- Told by another process since this one looked.
          AND d.alerted_at IS NOT DISTINCT FROM excluded.alerted_at AND d.recovered_at IS NULL
        RETURNING d.alert_id, d.channel
    )
    SELECT a.*, c.channel, coalesce(due.times, 0) AS times
    FROM claimed c JOIN alert a ON a.id = c.alert_id
    JOIN due ON due.id = c.alert_id AND due.channel = c.channel
    ORDER BY a.opened_at, a.id
    """
)

_POSTED = text(
    """
    UPDATE alert_delivery SET claimed_until = NULL, error = '', mark = :mark,
        alerted_at = CASE WHEN :over THEN alerted_at ELSE clock_timestamp() END,
        times = times + CASE WHEN :over THEN 0 ELSE 1 END,
        recovered_at = CASE WHEN :over THEN clock_timestamp() END
    WHERE alert_id = :alert_id AND channel = :channel
    """
)

_NOT_TOLD = text(
    """
    UPDATE alert_delivery d SET claimed_until = NULL, error = n.error
    FROM jsonb_to_recordset(CAST(:missed AS jsonb)) AS n(alert_id bigint, channel text, error text)
    WHERE d.alert_id = n.alert_id AND d.channel = n.channel
    """
)

# An alert with what each channel was told of it.
LISTED = """
    SELECT a.*, coalesce(d.sent, '{}') AS sent, coalesce(d.unsent, '{}') AS unsent, d.last_sent,
           coalesce(d.times, 0) AS times
    FROM alert a LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(channel, times) FILTER (WHERE times > 0) AS sent,
               jsonb_object_agg(channel, error) FILTER (WHERE error <> '') AS unsent,
               max(alerted_at) AS last_sent, max(times) AS times
        FROM alert_delivery WHERE alert_id = a.id
    ) d ON true
    """

_LIST = text(
    f"""
    {LISTED}
    WHERE a.lane = :lane AND (a.closed_at IS NULL OR a.closed_at > clock_timestamp() - CAST(:closed AS interval))
    ORDER BY a.closed_at IS NOT NULL, a.opened_at, a.id
    """
)


@dataclass(frozen=True, slots=True)
class AlertFinding:
    """Something that is wrong now. `key` tells findings of one kind apart and stays while it lasts.

    `links` has addresses by name, `facts` short values by name; `orders` is how many it concerns. A higher `mark` than
    what was told last is news, and told at once. Nothing is told while it is younger than `patience`.
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
    """An alert as the ledger has it. `times`: how often it was told (for a message: through its channel)."""

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
    """One message that is due, claimed for this process: an alert, and the channel that is to take it."""

    alert: AlertRow
    channel: str

    @property
    def over(self) -> bool:
        """Whether it says that the alert is over."""
        return self.alert.closed_at is not None


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """An alert for a person's eyes: through which channels it was told how often, and which failed and why."""

    alert: AlertRow
    sent: dict[str, int]
    unsent: dict[str, str]
    last_sent: datetime | None


def lock_alerts(connection: Connection, lane: str) -> None:
    """Let no other process compare this lane's findings with its alerts until this transaction ends."""
    connection.execute(_LOCK, {"lane": lane})


def open_found(connection: Connection, lane: str, found: Sequence[AlertFinding]) -> None:
    """Open an alert for each finding that has none, and renew those that have one."""
    if found:
        connection.execute(_OPEN, {"lane": lane, "found": _json(found)})


def clear_absent(
    connection: Connection, lane: str, kinds: Collection[str], found: Sequence[AlertFinding]
) -> None:
    """Clear the open alerts of these kinds that were not found."""
    connection.execute(_CLEAR, {"lane": lane, "kinds": list(kinds), "found": _json(found)})


def clear_fixed(connection: Connection, lane: str, kinds: Collection[str]) -> None:
    """Clear the open alerts of these kinds whose task has succeeded since they were last seen."""
    connection.execute(_CLEAR_FIXED, {"lane": lane, "kinds": list(kinds)})


def close_settled(connection: Connection, lane: str, settle: timedelta) -> None:
    """Close what has been clear for this long; found again before, it would have been the same alert."""
    connection.execute(_CLOSE, {"lane": lane, "settle": settle})


def close_by_hand(connection: Connection, alert_id: int) -> bool:
    """Close an alert whatever is so; False if there is no such open alert. Found again, it is a new one."""
    return connection.execute(_CLOSE_BY_HAND, {"id": alert_id}).rowcount == 1


def claim_due(
    connection: Connection,
    lane: str,
    channels: Sequence[str],
    *,
    repeat: timedelta | None,
    kinds: Collection[str] | None = None,
) -> list[Message]:
    """Claim every message that is due: first, repeated (None: never), and recoveries; the oldest alert first."""
    values = {
        "lane": lane,
        "channels": list(channels),
        "kinds": None if kinds is None else list(kinds),
        "repeat": repeat,
        "old_news": _OLD_NEWS,
        "claim": _CLAIM,
    }
    rows = connection.execute(_CLAIM_DUE, values).mappings()
    return [Message(_alert(row), row["channel"]) for row in rows]


def mark_sent(connection: Connection, message: Message) -> None:
    """Note that the channel took the message."""
    values = {
        "alert_id": message.alert.id,
        "channel": message.channel,
        "mark": message.alert.mark,
        "over": message.over,
    }
    connection.execute(_POSTED, values)


def mark_missed(connection: Connection, missed: Sequence[tuple[Message, str]]) -> None:
    """Let go of messages that did not go out, each with the reason: they are due at once again."""
    if missed:
        rows = [
            {"alert_id": message.alert.id, "channel": message.channel, "error": error}
            for message, error in missed
        ]
        connection.execute(_NOT_TOLD, {"missed": json.dumps(rows)})


def list_alerts(connection: Connection, lane: str, *, closed: timedelta = timedelta()) -> list[ListedAlert]:
    """The open alerts of a lane, the oldest first, then those that were closed within this time."""
    rows = connection.execute(_LIST, {"lane": lane, "closed": closed}).mappings()
    return [listed_alerts(row) for row in rows]


def listed_alerts(row: RowMapping) -> ListedAlert:
    """What a row of `LISTED` says."""
    return ListedAlert(_alert(row), row["sent"], row["unsent"], row["last_sent"])


def _alert(row: RowMapping) -> AlertRow:
    return AlertRow(**{name: row[name] for name in AlertRow.__dataclass_fields__})


def _json(found: Sequence[AlertFinding]) -> str:
    rows: list[dict[str, Any]] = [
        {
            "kind": one.kind,
            "key": one.key,
            "stage": one.stage,
            "title": one.title,
            "meaning": one.meaning,
            "fix": one.fix,
            "links": one.links,
            "facts": one.facts,
            "orders": one.orders,
            "mark": one.mark,
            "patience": one.patience.total_seconds(),
        }
        for one in found
    ]
    return json.dumps(rows)
