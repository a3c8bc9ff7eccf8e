"""Alerts for display: open and closed ones, with the channels that have received them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, text

from cartage.monitoring.repo.alerts import AlertRow, alert_row

# An alert with the messages that each channel accepted or failed to accept.
_LISTED = """
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
    {_LISTED}
    WHERE a.lane = :lane AND (a.closed_at IS NULL OR a.closed_at > clock_timestamp() - CAST(:closed AS interval))
    ORDER BY a.closed_at IS NOT NULL, a.opened_at, a.id
    """
)

# Ids rise as alerts are opened.
_OPEN = text(
    f"{_LISTED} WHERE a.lane = :lane AND a.closed_at IS NULL AND a.id > :after ORDER BY a.id LIMIT :size"
)

_CLOSED = text(
    f"""
    {_LISTED}
    WHERE a.lane = :lane AND a.closed_at IS NOT NULL
      AND (CAST(:before AS bigint) IS NULL
           OR (a.closed_at, a.id) < (SELECT b.closed_at, b.id FROM alert b WHERE b.id = :before))
    ORDER BY a.closed_at DESC, a.id DESC LIMIT :size
    """  # noqa: S608 - a constant of its module
)


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """An alert for display: how often each channel was sent it, which channels failed, and why."""

    alert: AlertRow
    sent: dict[str, int]
    unsent: dict[str, str]
    last_sent: datetime | None


def list_alerts(connection: Connection, lane: str, *, closed: timedelta = timedelta()) -> list[ListedAlert]:
    """Return the open alerts of a lane, the oldest first, then those that were closed within this time."""
    rows = connection.execute(_LIST, {"lane": lane, "closed": closed}).mappings()
    return [_listed(row) for row in rows]


def open_alerts(connection: Connection, lane: str, *, after: int = 0, size: int) -> list[ListedAlert]:
    """Return the open alerts, the oldest first, after the one with the id `after`."""
    rows = connection.execute(_OPEN, {"lane": lane, "after": after, "size": size}).mappings()
    return [_listed(row) for row in rows]


def closed_alerts(
    connection: Connection, lane: str, *, before: int | None = None, size: int
) -> list[ListedAlert]:
    """Return the closed alerts, the last to close first, after the one with the id `before`."""
    rows = connection.execute(_CLOSED, {"lane": lane, "before": before, "size": size}).mappings()
    return [_listed(row) for row in rows]


def _listed(row: RowMapping) -> ListedAlert:
    """Return the alert that a row of `_LISTED` describes."""
    return ListedAlert(alert_row(row), row["sent"], row["unsent"], row["last_sent"])
