"""Which orders changed since the figures were last refreshed, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

# Any fixed number: two processes never refresh the figures at the same time.
_LOCK = 4_211_003

# Numbers of events are assigned before their transactions commit, and no transaction lasts as long as this: what is
# younger is read again the next time.
_OVERLAP = "interval '15 minutes'"

_HEAD = text("SELECT coalesce(max(id), 0) FROM event")

_SETTLED = text(
    f"SELECT coalesce((SELECT id FROM event WHERE at < clock_timestamp() - {_OVERLAP} ORDER BY id DESC LIMIT 1), 0)"  # noqa: S608 - a constant of this module
)

_PROGRESS = text("SELECT event_id, read_to, refreshed_at FROM report_progress")

_BEGIN = text(
    "INSERT INTO report_progress (event_id, read_to) VALUES (0, clock_timestamp()) ON CONFLICT DO NOTHING"
)

_RECORD = text(
    """
    UPDATE report_progress SET event_id = :event_id, read_to = coalesce(CAST(:read_to AS timestamptz), read_to),
        refreshed_at = CASE WHEN CAST(:read_to AS timestamptz) IS NULL THEN refreshed_at ELSE :read_to END
    """
)

_BY_EVENTS = text(
    """
    SELECT e.fulfillment_order_id AS id FROM event e
    WHERE e.id > :after AND e.id <= :upto AND e.fulfillment_order_id IS NOT NULL
    UNION
    SELECT f.id FROM event e JOIN fulfillment_order f ON f.sales_order_id = e.sales_order_id
    WHERE e.id > :after AND e.id <= :upto AND e.fulfillment_order_id IS NULL
    ORDER BY id
    """
)

_BY_SHIPMENTS = text(
    f"""
    SELECT h.fulfillment_order_id AS id FROM shipment h
    WHERE h.checked_at > CAST(:since AS timestamptz) - {_OVERLAP} AND h.fulfillment_order_id IS NOT NULL
    UNION
    SELECT h.fulfillment_order_id FROM package p JOIN shipment h ON h.id = p.shipment_id
    WHERE p.posted_at > CAST(:since AS timestamptz) - {_OVERLAP} AND h.fulfillment_order_id IS NOT NULL
    ORDER BY id
    """  # noqa: S608 - a constant of this module
)

_EMPTY = (
    "report_dirty",
    "report_day",
    "report_month",
    "report_block",
    "report_order",
    "report_carrier",
    "report_lane",
    "report_progress",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the figures go: the last event, the time up to which shipments were read, and as of when they are."""

    event_id: int
    read_to: datetime
    refreshed_at: datetime


def lock_reports(connection: Connection, *, wait: bool = False) -> bool:
    """Take the figures for this transaction; return False if another process refreshes them and `wait` is not set."""
    if wait:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        return True
    return bool(
        connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}).scalar_one()
    )


def progress(connection: Connection) -> Progress | None:
    """Return how far the figures go; None if they were never refreshed."""
    row = connection.execute(_PROGRESS).one_or_none()
    return Progress(row.event_id, row.read_to, row.refreshed_at) if row else None


def begin(connection: Connection) -> None:
    """Note that nothing is counted yet, unless the figures were begun before."""
    connection.execute(_BEGIN)


def newest_event(connection: Connection) -> int:
    """Return the number of the newest event; 0 without any."""
    return int(connection.execute(_HEAD).scalar_one())


def changed_by_events(connection: Connection, after: int, upto: int) -> list[int]:
    """Return the fulfillment orders that these events are about."""
    return [row.id for row in connection.execute(_BY_EVENTS, {"after": after, "upto": upto})]


def changed_by_shipments(connection: Connection, since: datetime) -> list[int]:
    """Return the fulfillment orders whose shipments changed or were posted since then, or shortly before."""
    return [row.id for row in connection.execute(_BY_SHIPMENTS, {"since": since})]


def record_progress(connection: Connection, event_id: int, read_to: datetime | None = None) -> None:
    """Record that the events up to this one are counted; the next refresh reads the youngest of them again.

    With `read_to` everything up to that time is counted.
    """
    settled = int(connection.execute(_SETTLED).scalar_one())
    connection.execute(_RECORD, {"event_id": min(event_id, settled), "read_to": read_to})


def delete_all(connection: Connection) -> None:
    """Delete all facts and totals."""
    connection.execute(text(f"TRUNCATE {', '.join(_EMPTY)}"))
