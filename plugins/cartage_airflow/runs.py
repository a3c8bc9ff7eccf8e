"""Which run a task belongs to: its window, its kind, and whether it is the newest one of its schedule.

Knows no orders. Airflow 3 keeps tasks off its database, so that the question goes through the Task SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Window fields of every operator: what the person who started the run gave, else the run's data interval,
# if any.
WINDOW_START = "{{ params.get('window_start') or (data_interval_start | default('', true)) }}"
WINDOW_END = "{{ params.get('window_end') or (data_interval_end | default('', true)) }}"

_FIX = "Give both as instants with a time zone, for example 2026-11-23T14:00:00Z."

CountRuns = Callable[[Sequence[datetime]], int]


def window_of(start: str, end: str) -> tuple[datetime, datetime] | None:
    """The window that two rendered fields name, in UTC, or None if both are empty.

    Raises:
        SettingsError: if one is missing, is no instant, or the window is empty.
    """
    if not start.strip() and not end.strip():
        return None
    mistakes: list[str] = []
    instants = [
        _instant(name, text, mistakes) for name, text in (("window_start", start), ("window_end", end))
    ]
    if not mistakes and instants[0] >= instants[1]:
        mistakes.append(
            f"  window_start {start} is not before window_end {end}. A DAG of your own needs a timetable "
            "with real intervals: CronDataIntervalTimetable, not a bare cron string."
        )
    if mistakes:
        raise SettingsError("the window of this run", mistakes)
    return instants[0], instants[1]


def _instant(name: str, text: str, mistakes: list[str]) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        mistakes.append(f"  {name}: {text!r} is no instant. {_FIX}")
        return datetime.min.replace(tzinfo=UTC)
    if found.tzinfo is None:
        mistakes.append(f"  {name}: {text!r} has no time zone. {_FIX}")
        return found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def later_windows(cron: str, interval_end: datetime, now: datetime, *, most: int = 100) -> list[datetime]:
    """Starts of the windows after this one that have ended by now, newest first, `most` of them.

    A `CronDataIntervalTimetable` run has the start of its window as its logical date, and exists from its
    end on.
    """
    return list(islice(_later(cron, interval_end, now), most))


def _later(cron: str, interval_end: datetime, now: datetime) -> Iterator[datetime]:
    from croniter import croniter

    ticks = croniter(cron, now.astimezone(UTC) + timedelta(seconds=1))
    ticks.get_prev(datetime)  # The newest tick ends a window; the one before it is that window's start.
    while (start := ticks.get_prev(datetime)) >= interval_end:
        yield start.replace(fold=0)  # croniter sets it, which makes equal instants unequal as JSON.


def is_newest(cron: str, interval_end: datetime, now: datetime, count_runs: CountRuns) -> bool:
    """Whether no later window of this schedule has a run: by the clock if that decides it, else by asking."""
    later = later_windows(cron, interval_end, now)
    return not later or count_runs(later) == 0


def may_sweep(context: Any, *, has_window: bool) -> bool:
    """Whether this run may read the whole import status, beside or instead of its window.

    The newest scheduled run may; a backfill may not; a run that a person started without a window has
    nothing else to read.
    """
    run = context["dag_run"]
    if run.run_type != "scheduled":
        return run.run_type != "backfill" and not has_window
    cron = getattr(context["dag"].timetable, "expression", None)
    if cron is None or run.data_interval_end is None:
        return False
    task = context["ti"]

    def count_runs(logical_dates: Sequence[datetime]) -> int:
        return int(task.get_dr_count(dag_id=task.dag_id, logical_dates=list(logical_dates)))

    return is_newest(cron, run.data_interval_end, datetime.now(UTC), count_runs)


def dag_run_key(dag_id: str, run_id: str) -> str:
    """The ledger's name for a DAG run; every event of its tasks begins with it and a slash."""
    return f"{dag_id}/{run_id}"


def task_run_key(dag_id: str, run_id: str, task_id: str, try_number: int) -> str:
    """The ledger's name for one try of a task, e.g. `orders__demo/scheduled__2026-11-23/import_orders/1`."""
    return f"{dag_run_key(dag_id, run_id)}/{task_id}/{try_number}"
