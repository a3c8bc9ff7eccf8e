"""Plan the Airflow backfills that fill the gaps: DAG, dates, number of windows and duration. Starts none of them.

Airflow runs the windows whose *starts* lie between the two dates, both included, and only those that have ended
(airflow-3.3.md, section 0.2). A long gap goes to `orders_history`, which has long windows: every window costs a DAG
run, however few orders it brings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cartage.intake.coverage import windows
from cartage.intake.coverage.repo import Range, join_ranges

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

# For a gap up to this long the lane's own windows are few enough.
_FEW_HOURS = timedelta(hours=6)
# Gaps this close become one backfill; `failed` leaves out the windows between them whose runs succeeded.
_NEAR = timedelta(hours=6)
MAX_ACTIVE_RUNS = 2
REPROCESS = "failed"
# What a window costs besides its orders, with two at a time; measured in docs/backfill.md.
SECONDS_PER_WINDOW = 4.0
# Nobody starts more runs than this by one click or one line.
MOST_UNASKED = 1_000


@dataclass(frozen=True, slots=True)
class Backfill:
    """The windows of a DAG that start from `first` to `last`, both included; the last one ends at `end`."""

    dag_id: str
    first: datetime
    last: datetime
    end: datetime
    windows: int

    @property
    def lasts(self) -> timedelta:
        """Roughly how long it takes if every window has to run and brings few orders."""
        return timedelta(seconds=self.windows * SECONDS_PER_WINDOW)

    @property
    def is_large(self) -> bool:
        """Whether it has so many runs that a person confirms them first."""
        return self.windows > MOST_UNASKED

    def command(self, *, dry: bool = False) -> str:
        """Return the command for a shell that has Airflow's command line; `dry` only lists the runs."""
        return (
            f"airflow backfill create --dag-id {self.dag_id} --from-date {airflow_time(self.first)} "
            f"--to-date {airflow_time(self.last)} --reprocess-behavior {REPROCESS} --max-active-runs {MAX_ACTIVE_RUNS}"
            f"{' --dry-run' if dry else ''}"
        )


def airflow_time(instant: datetime) -> str:
    """Return an instant in the form that Airflow's command line and forms accept."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def count_runs(lane: Lane, dag_id: str, first: datetime, last: datetime) -> int:
    """Return how many windows of one of the lane's two DAGs start from `first` to `last`, both included.

    It counts on to no more than one above `MOST_UNASKED` where windows have no fixed length.
    """
    if last < first:
        return 0
    if dag_id == f"orders_history__{lane.name}":
        return (last - first) // windows.history_step(lane) + 1
    cron, found, tick = lane.schedules.orders, 0, first - timedelta(seconds=1)
    while found <= MOST_UNASKED and (tick := windows.tick_after(cron, tick)) <= last:
        found += 1
    return found


def plan_backfills(lane: Lane, gaps: Iterable[Range], now: datetime) -> tuple[Backfill, ...]:
    """Return the backfills that cover every gap, the oldest first; none of their windows ends after `now`.

    Every gap must end at a past tick (`windows.newest_due_end`); otherwise its last window would still be open.
    """
    short: list[Range] = []
    long: list[Range] = []
    closed = windows.tick_at_or_before(windows.history_cron(lane), now)
    for start, end in _join_near(gaps):
        cut = min(end, closed)
        if _is_long(lane, start, end) and start < cut:
            long.append((start, cut))
            short += [(cut, end)] if cut < end else []
        else:
            short.append((start, end))
    found = [
        *_backfills(f"orders__{lane.name}", lane.schedules.orders, short),
        *_backfills(
            f"orders_history__{lane.name}", windows.history_cron(lane), long, windows.history_step(lane)
        ),
    ]
    return tuple(sorted(found, key=lambda backfill: backfill.first))


def _is_long(lane: Lane, start: datetime, end: datetime) -> bool:
    """Return whether the gap is long, and `orders_history` needs fewer windows for it."""
    cron = lane.schedules.orders
    first = windows.tick_at_or_before(cron, start)
    return end - start > _FEW_HOURS and windows.tick_after(cron, first) - first < windows.history_step(lane)


def _backfills(
    dag_id: str, cron: str, ranges: Sequence[Range], step: timedelta | None = None
) -> list[Backfill]:
    """Return whole windows over the ranges, joined where they touch; a `step` saves counting the windows of years."""
    whole = join_ranges((windows.tick_at_or_before(cron, start), _end(cron, end)) for start, end in ranges)
    return [
        Backfill(
            dag_id,
            first,
            windows.tick_before(cron, end),
            end,
            (end - first) // step if step else windows.count_windows(cron, first, end),
        )
        for first, end in whole
    ]


def _end(cron: str, end: datetime) -> datetime:
    """Return the end of the window that holds the last instant before `end`."""
    return windows.tick_after(cron, windows.tick_before(cron, end))


def _join_near(gaps: Iterable[Range]) -> list[Range]:
    found: list[Range] = []
    for start, end in join_ranges(gaps):
        if found and start - found[-1][1] <= _NEAR:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
