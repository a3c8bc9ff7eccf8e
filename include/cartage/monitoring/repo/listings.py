"""Alerts for display: open and closed ones, with the channels that have received them."""

from __future__ import annotations

from collections.abc import Collection
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

_BY_ID = text(f"{_LISTED} WHERE a.id = ANY(:ids)")

_OF_KINDS = text(
    f"{_LISTED} WHERE a.lane = ANY(:lanes) AND a.kind = ANY(:kinds) AND a.closed_at IS NULL ORDER BY a.id"
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


def alerts_by_id(connection: Connection, ids: Collection[int]) -> dict[int, ListedAlert]:
    """Return these alerts, by id."""
    rows = connection.execute(_BY_ID, {"ids": list(ids)}).mappings() if ids else ()
    return {row["id"]: _listed(row) for row in rows}


def open_alerts_of(
    connection: Connection, lanes: Collection[str], kinds: Collection[str]
) -> dict[tuple[str, str, str], ListedAlert]:
    """Return the open alerts of these kinds in these lanes, by lane, kind and key."""
    rows = connection.execute(_OF_KINDS, {"lanes": list(lanes), "kinds": list(kinds)}).mappings()
    return {(row["lane"], row["kind"], row["key"]): _listed(row) for row in rows}


def _listed(row: RowMapping) -> ListedAlert:
    """Return the alert that a row of `_LISTED` describes."""
    return ListedAlert(alert_row(row), row["sent"], row["unsent"], row["last_sent"])
