"""Coverage: the time ranges whose orders a lane has imported, whatever the colour of the runs that did it.

Extended in the transaction that commits a window's last page, so that a range is covered or its run failed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

_EXTEND = text(
    """
    INSERT INTO coverage (lane, ranges) VALUES (:lane, tstzmultirange(tstzrange(:start, :end)))
    ON CONFLICT (lane) DO UPDATE SET ranges = coverage.ranges + excluded.ranges
    """
)

_COVERED = text(
    """
    SELECT lower(range) AS start, upper(range) AS until
    FROM coverage, unnest(ranges) AS range WHERE lane = :lane ORDER BY range
    """
)

_GAPS = text(
    """
    SELECT lower(range) AS start, upper(range) AS until
    FROM unnest(
        tstzmultirange(tstzrange(:since, :until))
        - coalesce((SELECT ranges FROM coverage WHERE lane = :lane), '{}')
    ) AS range ORDER BY range
    """
)


def extend(connection: Connection, lane: str, start: datetime, end: datetime) -> None:
    """Note that `[start, end)` is covered. Covering a part twice changes nothing; neighbours are joined.

    Raises:
        ValueError: if an end has no time zone, or `end` lies before `start`.
    """
    _check(start, end)
    connection.execute(_EXTEND, {"lane": lane, "start": start, "end": end})


def covered(connection: Connection, lane: str) -> list[tuple[datetime, datetime]]:
    """The covered ranges `[start, end)`, oldest first, none touching another."""
    return [(row.start, row.until) for row in connection.execute(_COVERED, {"lane": lane})]


def gaps(
    connection: Connection, lane: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """The parts of `[since, until)` that are not covered, oldest first.

    Raises:
        ValueError: if an end has no time zone, or `until` lies before `since`.
    """
    _check(since, until)
    rows = connection.execute(_GAPS, {"lane": lane, "since": since, "until": until})
    return [(row.start, row.until) for row in rows]


def _check(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None or end < start:
        raise ValueError(
            f"{start} to {end}: both ends need a time zone, and the end may not lie before the start"
        )
