"""Where the windows of a lane's two order DAGs begin and end, in UTC. Pure.

A window reaches from one tick of its cron to the next. Its DAG run starts at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

_CRONS = {"hourly": "0 * * * *", "daily": "0 0 * * *"}
_STEPS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1)}

# A window that ended this recently is being imported now.
_IN_PROGRESS = timedelta(minutes=10)


def history_cron(lane: Lane) -> str:
    """Return the cron of the windows of `orders_history`."""
    return _CRONS[lane.schedules.history_windows]


def history_step(lane: Lane) -> timedelta:
    """Return the length of a window of `orders_history`."""
    return _STEPS[lane.schedules.history_windows]


def newest_due_end(lane: Lane, now: datetime) -> datetime:
    """Return the end of the newest window that the lane's own schedule must have imported by `now`."""
    return tick_at_or_before(lane.schedules.orders, now - _IN_PROGRESS)


def tick_at_or_before(cron: str, instant: datetime) -> datetime:
    """Return the newest tick that is not after the instant."""
    return tick_before(cron, instant.replace(microsecond=0) + timedelta(seconds=1))


def tick_before(cron: str, instant: datetime) -> datetime:
    """Return the newest tick before the instant."""
    from croniter import croniter

    found: datetime = croniter(cron, instant.astimezone(UTC)).get_prev(datetime)
    return found.replace(fold=0)  # croniter sets it, which makes equal instants unequal


def tick_after(cron: str, instant: datetime) -> datetime:
    """Return the next tick after the instant."""
    return next(_ticks_after(cron, instant))


def count_windows(cron: str, first: datetime, end: datetime) -> int:
    """Return how many windows begin in `[first, end)`; `first` must be a tick."""
    found = 1
    for tick in _ticks_after(cron, first):
        if tick >= end:
            break
        found += 1
    return found


def _ticks_after(cron: str, instant: datetime) -> Iterator[datetime]:
    from croniter import croniter

    ticks = croniter(cron, instant.astimezone(UTC))
    while True:
        found: datetime = ticks.get_next(datetime)
        yield found.replace(fold=0)
