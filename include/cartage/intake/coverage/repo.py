"""Coverage: the time ranges whose orders a lane has imported, independent of the state of its DAG runs.

A range is added in the transaction that commits a window's last page. The windows of failed runs are kept too, until
another run covers them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from cartage.db.schema import lane_state

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
    """A time range in parts without overlap or gap; each has ranges `[start, end)`, the oldest first.

    `swept` is what no window covers and a sweep has read since: its orders that were still open are in the ledger.
    """

    covered: tuple[Range, ...]
    failed: tuple[Range, ...]
    missing: tuple[Range, ...]
    swept: tuple[Range, ...] = ()

    def with_sweep(self, swept_at: datetime | None) -> CoverageSummary:
        """Return it after a sweep as of that time: nothing before it is missing or failed any more."""
        if swept_at is None:
            return self

        def before(ranges: tuple[Range, ...]) -> list[Range]:
            return [(start, min(end, swept_at)) for start, end in ranges if start < swept_at]

        def since(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
            return tuple((max(start, swept_at), end) for start, end in ranges if end > swept_at)

        swept = join_ranges([*self.swept, *before(self.failed), *before(self.missing)])
        return CoverageSummary(self.covered, since(self.failed), since(self.missing), tuple(swept))


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


def swept_at(connection: Connection, lane: str) -> datetime | None:
    """Return when all orders in the import status were last read; None if never."""
    found = select(lane_state.c.swept_at).where(lane_state.c.lane == lane)
    return connection.execute(found).scalar_one_or_none()


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
