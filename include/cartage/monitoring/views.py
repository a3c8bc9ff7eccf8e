"""A lane's alerts for the desk: open and closed ones, a page at a time."""

from __future__ import annotations

from sqlalchemy import Connection, text

from cartage.monitoring.repo.alerts import LISTED_ALERTS, ListedAlert, listed_alert

# Ids rise as alerts are opened.
_OPEN = text(
    f"{LISTED_ALERTS} WHERE a.lane = :lane AND a.closed_at IS NULL AND a.id > :after ORDER BY a.id LIMIT :size"
)

_CLOSED = text(
    f"""
    {LISTED_ALERTS}
    WHERE a.lane = :lane AND a.closed_at IS NOT NULL
      AND (CAST(:before AS bigint) IS NULL
           OR (a.closed_at, a.id) < (SELECT b.closed_at, b.id FROM alert b WHERE b.id = :before))
    ORDER BY a.closed_at DESC, a.id DESC LIMIT :size
    """  # noqa: S608 - a constant of its module
)


def open_alerts(connection: Connection, lane: str, *, after: int = 0, size: int) -> list[ListedAlert]:
    """Return the open alerts, the oldest first, after the one with the id `after`."""
    rows = connection.execute(_OPEN, {"lane": lane, "after": after, "size": size}).mappings()
    return [listed_alert(row) for row in rows]


def closed_alerts(
    connection: Connection, lane: str, *, before: int | None = None, size: int
) -> list[ListedAlert]:
    """Return the closed alerts, the last to close first, after the one with the id `before`."""
    rows = connection.execute(_CLOSED, {"lane": lane, "before": before, "size": size}).mappings()
    return [listed_alert(row) for row in rows]
