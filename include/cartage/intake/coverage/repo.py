"""Coverage: the time ranges whose orders a lane has imported, independent of the state of its DAG runs.

A range is added in the transaction that commits a window's last page. The windows of failed runs are kept too, until
another run covers them.
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

# A window that is covered already stays covered: its orders are in the ledger.
_NOTE_FAILED = text(
    """
    INSERT INTO coverage (lane, failed) VALUES (:lane, tstzmultirange(tstzrange(:start, :end)))
    ON CONFLICT (lane) DO UPDATE SET failed = coverage.failed + excluded.failed - coverage.ranges
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
    """A time range in three parts without overlap or gap; each has ranges `[start, end)`, the oldest first."""

    covered: tuple[Range, ...]
    failed: tuple[Range, ...]
    missing: tuple[Range, ...]


def extend_coverage(connection: Connection, lane: str, start: datetime, end: datetime) -> None:
    """Note that `[start, end)` is covered. Covering a part twice changes nothing; adjacent ranges are joined.

    Raises:
        ValueError: if `start` or `end` has no time zone, or `end` is before `start`.
    """
    _check_range(start, end)
    connection.execute(_EXTEND, {"lane": lane, "start": start, "end": end})


def note_failed_window(connection: Connection, lane: str, start: datetime, end: datetime) -> None:
    """Note that the run of `[start, end)` failed; parts that are covered already stay covered.

    Raises:
        ValueError: if `start` or `end` has no time zone, or `end` is before `start`.
    """
    _check_range(start, end)
    connection.execute(_NOTE_FAILED, {"lane": lane, "start": start, "end": end})


def coverage_summary(connection: Connection, lane: str, since: datetime, until: datetime) -> CoverageSummary:
    """Return which parts of `[since, until)` are covered, which failed, and which were never run.

    Raises:
        ValueError: if `since` or `until` has no time zone, or `until` is before `since`.
    """
    _check_range(since, until)
    rows = connection.execute(_SUMMARY, {"lane": lane, "since": since, "until": until}).all()

    def part(kind: str) -> tuple[Range, ...]:
        return tuple((row.start, row.until) for row in rows if row.kind == kind)

    return CoverageSummary(covered=part("covered"), failed=part("failed"), missing=part("missing"))


def join_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Return the ranges in order, joined where they touch or overlap."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _check_range(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None or end < start:
        raise ValueError(f"{start} to {end}: both need a time zone, and the end must not be before the start")
