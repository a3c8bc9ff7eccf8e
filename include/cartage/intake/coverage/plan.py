"""Which backfills of Airflow fill the gaps: DAG, dates, windows, and roughly how long. Starts none of them.

Airflow picks the windows whose *starts* lie between the two dates, both included, and only those that have ended
(airflow-3.3.md, section 0.2). A long gap goes to `orders_history`, whose windows are long: each window costs a run of
Airflow's own overhead, however few orders it brings.
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

# Up to here the lane's own windows are few enough.
_FEW_HOURS = timedelta(hours=6)
# Gaps this close are one job: windows between them whose runs succeeded are left alone by `failed`.
_NEAR = timedelta(hours=6)
MAX_ACTIVE_RUNS = 2
REPROCESS = "failed"
# What one window costs, two at a time, besides its orders: docs/backfill.md has the measurement.
SECONDS_PER_WINDOW = 4.0


@dataclass(frozen=True, slots=True)
class Backfill:
    """One backfill: the windows of a DAG that start at `first`, at `last`, or between; the last ends at `end`."""

    dag_id: str
    first: datetime
    last: datetime
    end: datetime
    windows: int

    @property
    def lasts(self) -> timedelta:
        """Roughly how long it takes, if every window has to run and holds few orders."""
        return timedelta(seconds=self.windows * SECONDS_PER_WINDOW)

    def command(self) -> str:
        """The line for a shell on a machine with Airflow's command line."""
        return (
            f"airflow backfill create --dag-id {self.dag_id} --from-date {airflow_time(self.first)} "
            f"--to-date {airflow_time(self.last)} --reprocess-behavior {REPROCESS} --max-active-runs {MAX_ACTIVE_RUNS}"
        )


def airflow_time(instant: datetime) -> str:
    """An instant as Airflow's command line and forms take it."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def plan_backfills(lane: Lane, gaps: Iterable[Range], now: datetime) -> tuple[Backfill, ...]:
    """The backfills that cover every gap, the oldest first; none of their windows ends after `now`.

    The gaps' ends must be ticks that have come (`windows.due`), else the last window would still be open.
    """
    short: list[Range] = []
    long: list[Range] = []
    closed = windows.tick_at_or_before(windows.history_cron(lane), now)
    for start, end in _near_ones_joined(gaps):
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
    return tuple(sorted(found, key=lambda one: one.first))


def _is_long(lane: Lane, start: datetime, end: datetime) -> bool:
    """Whether `orders_history` needs fewer windows for it, and enough fewer to be worth a DAG of its own."""
    cron = lane.schedules.orders
    first = windows.tick_at_or_before(cron, start)
    return end - start > _FEW_HOURS and windows.tick_after(cron, first) - first < windows.history_step(lane)


def _backfills(
    dag_id: str, cron: str, ranges: Sequence[Range], step: timedelta | None = None
) -> list[Backfill]:
    """Whole windows over the ranges; backfills that touch are one. With a `step` years need not be counted through."""
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
    """The end of the window that holds the last instant before `end`."""
    return windows.tick_after(cron, windows.tick_before(cron, end))


def _near_ones_joined(gaps: Iterable[Range]) -> list[Range]:
    found: list[Range] = []
    for start, end in join_ranges(gaps):
        if found and start - found[-1][1] <= _NEAR:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
