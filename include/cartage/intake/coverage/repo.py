"""Coverage: the time ranges whose orders a lane has imported, whatever the colour of the runs that did it.

Extended in the transaction that commits a window's last page, so that a range is covered or its run failed.
What a run tried in vain is kept beside it, until another run covers it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

Range = tuple[datetime, datetime]

_EXTEND = text(
    """
    INSERT INTO coverage (lane, ranges) VALUES (:lane, tstzmultirange(tstzrange(:start, :end)))
    ON CONFLICT (lane) DO UPDATE
    SET ranges = coverage.ranges + excluded.ranges, failed = coverage.failed - excluded.ranges
    """
)

# A window that is covered already stays so: what failed now has nothing left to lose.
_NOTE_FAILED = text(
    """
    INSERT INTO coverage (lane, failed) VALUES (:lane, tstzmultirange(tstzrange(:start, :end)))
    ON CONFLICT (lane) DO UPDATE SET failed = coverage.failed + excluded.failed - coverage.ranges
    """
)

_COVERED = text(
    """
    SELECT lower(range) AS start, upper(range) AS until
    FROM coverage, unnest(ranges) AS range WHERE lane = :lane ORDER BY range
    """
)

# A lane that never ran has no row.
_SUMMARY = text(
    """
    WITH known AS (
        SELECT tstzmultirange(tstzrange(:since, :until)) AS asked,
               coalesce(ranges, '{}') AS covered, coalesce(failed, '{}') AS failed
        FROM (SELECT cast(:lane AS text) AS lane) AS wanted LEFT JOIN coverage USING (lane)
    ), parts (kind, ranges) AS (
        SELECT 'covered', asked * covered FROM known
        UNION ALL SELECT 'failed', asked * failed FROM known
        UNION ALL SELECT 'missing', asked - covered - failed FROM known
    )
    SELECT kind, lower(range) AS start, upper(range) AS until
    FROM parts, unnest(ranges) AS range ORDER BY range
    """
)


@dataclass(frozen=True, slots=True)
class CoverageSummary:
    """A span of time in three parts that share no instant and leave none out; `[start, end)`, oldest first."""

    covered: tuple[Range, ...]
    failed: tuple[Range, ...]
    missing: tuple[Range, ...]


def extend_coverage(connection: Connection, lane: str, start: datetime, end: datetime) -> None:
    """Note that `[start, end)` is covered. Covering a part twice changes nothing; neighbours are joined.

    Raises:
        ValueError: if an end has no time zone, or `end` lies before `start`.
    """
    _check(start, end)
    connection.execute(_EXTEND, {"lane": lane, "start": start, "end": end})


def note_failed_window(connection: Connection, lane: str, start: datetime, end: datetime) -> None:
    """Note that a run tried `[start, end)` in vain; parts that are covered already stay so.

    Raises:
        ValueError: if an end has no time zone, or `end` lies before `start`.
    """
    _check(start, end)
    connection.execute(_NOTE_FAILED, {"lane": lane, "start": start, "end": end})


def covered_ranges(connection: Connection, lane: str) -> list[Range]:
    """The covered ranges `[start, end)`, oldest first, none touching another."""
    return [(row.start, row.until) for row in connection.execute(_COVERED, {"lane": lane})]


def coverage_summary(connection: Connection, lane: str, since: datetime, until: datetime) -> CoverageSummary:
    """What became of `[since, until)`: covered, tried in vain, never tried.

    Raises:
        ValueError: if an end has no time zone, or `until` lies before `since`.
    """
    _check(since, until)
    rows = connection.execute(_SUMMARY, {"lane": lane, "since": since, "until": until}).all()

    def part(kind: str) -> tuple[Range, ...]:
        return tuple((row.start, row.until) for row in rows if row.kind == kind)

    return CoverageSummary(covered=part("covered"), failed=part("failed"), missing=part("missing"))


def coverage_gaps(connection: Connection, lane: str, since: datetime, until: datetime) -> list[Range]:
    """The parts of `[since, until)` that are not covered, failed or never tried, oldest first.

    Raises:
        ValueError: if an end has no time zone, or `until` lies before `since`.
    """
    found = coverage_summary(connection, lane, since, until)
    return join_ranges([*found.failed, *found.missing])


def join_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, those that touch or overlap made one."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _check(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None or end < start:
        raise ValueError(
            f"{start} to {end}: both ends need a time zone, and the end may not lie before the start"
        )
