"""A lane's import history: calendar, gaps, and the backfills that fill them. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cartage.intake.coverage import windows
from cartage.intake.coverage.calendar import Month, calendar_months
from cartage.intake.coverage.plan import Backfill, plan_backfills
from cartage.intake.coverage.repo import coverage_summary, swept_at

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.lanes.settings.lane import Lane


UNKNOWN_WHERE_SWEPT = (
    "The last sweep has read every order that was still open then, so none of them is missing. Unknown are the orders "
    "of those days that were closed before it: cancelled, or shipped by another system. They are missing in reports, "
    "a possible duplicate of one is not noticed, and one that the store sets back is new here. A backfill reads them."
)
"""What is not known of time that was only swept, and why it matters."""

# In these modes no run imports new orders, so no backfill can fill a gap.
_IMPORTS_NOTHING = {
    "off": "The lane is off: no backfill can fill a gap until its mode is live or shadow.",
    "drain": "The lane drains and imports nothing new: no backfill can fill a gap until its mode is live or shadow.",
}


@dataclass(frozen=True, slots=True)
class CoverageGap:
    """A range `[start, end)` that is not covered; `failed` if a run of it failed.

    `swept` if a sweep has read it since: its orders that were still open are imported.
    """

    start: datetime
    end: datetime
    failed: bool
    swept: bool = False

    @property
    def length(self) -> timedelta:
        """How much time it spans."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class CoverageHistory:
    """What a lane has imported of `[since, until)`. `until` is the end of the newest window that was due.

    `note` says why no backfill is planned, if the lane's mode does not allow one.
    """

    lane: str
    since: datetime
    until: datetime
    covered: timedelta
    gaps: tuple[CoverageGap, ...]
    months: tuple[Month, ...]
    backfills: tuple[Backfill, ...]
    note: str = ""

    @property
    def is_swept(self) -> bool:
        """Whether a sweep alone has read some of it."""
        return any(gap.swept for gap in self.gaps)

    def document(self) -> dict[str, Any]:
        """Return the history for JSON: instants in ISO 8601, lengths in seconds."""
        return {
            "lane": self.lane,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "covered_seconds": int(self.covered.total_seconds()),
            "note": self.note,
            "days": {f"{day.date}": day.state.value for month in self.months for day in month.days},
            "gaps": [
                {
                    "start": gap.start.isoformat(),
                    "end": gap.end.isoformat(),
                    "failed": gap.failed,
                    "swept": gap.swept,
                }
                for gap in self.gaps
            ],
            "backfills": [
                {
                    "dag_id": backfill.dag_id,
                    "from_date": backfill.first.isoformat(),
                    "to_date": backfill.last.isoformat(),
                    "windows": backfill.windows,
                    "command": backfill.command(),
                }
                for backfill in self.backfills
            ],
        }


def coverage_history(
    connection: Connection, lane: Lane, now: datetime, *, since: datetime | None = None
) -> CoverageHistory:
    """Return the lane's history from `since` (default: its go-live) to the newest window that was due at `now`.

    The time before the go-live is never part of it, since Cartage did not import then.
    """
    live_since = lane.store.live_since().astimezone(UTC)
    start = max(live_since, since.astimezone(UTC)) if since else live_since
    until = max(start, windows.newest_due_end(lane, now))
    windows_alone = coverage_summary(connection, lane.name, start, until)
    found = windows_alone.with_sweep(swept_at(connection, lane.name))
    gaps = sorted(
        [
            *(CoverageGap(*range_, failed=True) for range_ in found.failed),
            *(CoverageGap(*range_, failed=False) for range_ in found.missing),
            *(CoverageGap(*range_, failed=False, swept=True) for range_ in found.swept),
        ],
        key=lambda gap: gap.start,
    )
    note = _IMPORTS_NOTHING.get(lane.mode, "") if gaps else ""
    return CoverageHistory(
        lane=lane.name,
        since=start,
        until=until,
        covered=sum((end - begin for begin, end in found.covered), timedelta(0)),
        gaps=tuple(gaps),
        months=calendar_months(found, start, until),
        backfills=() if note else plan_backfills(lane, [(gap.start, gap.end) for gap in gaps], now),
        note=note,
    )
