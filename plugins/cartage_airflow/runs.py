"""What run a task belongs to: its window, its type, and whether it is the newest run of its schedule.

Airflow 3 gives tasks no access to its database, so other runs are counted through the Task SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Defaults of the operators' window fields: the run's params if a person gave them, else its data interval, if any.
WINDOW_START = "{{ params.get('window_start') or (data_interval_start | default('', true)) }}"
WINDOW_END = "{{ params.get('window_end') or (data_interval_end | default('', true)) }}"

_FIX = "Give both as instants with a time zone, for example 2026-11-23T14:00:00Z."

CountRuns = Callable[[Sequence[datetime]], int]


def window_of(start: str, end: str) -> tuple[datetime, datetime] | None:
    """Return the window that two rendered fields give, in UTC, or None if both are empty.

    Raises:
        SettingsError: If one is missing or is not an instant, or if the window is empty.
    """
    if not start.strip() and not end.strip():
        return None
    mistakes: list[str] = []
    instants = [
        _instant(name, text, mistakes) for name, text in (("window_start", start), ("window_end", end))
    ]
    if not mistakes and instants[0] >= instants[1]:
        mistakes.append(
            f"  window_start {start} is not before window_end {end}. Your own DAG needs a timetable "
            "with real intervals: CronDataIntervalTimetable, not a bare cron string."
        )
    if mistakes:
        raise SettingsError("the window of this run", mistakes)
    return instants[0], instants[1]


def _instant(name: str, text: str, mistakes: list[str]) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        mistakes.append(f"  {name}: {text!r} is not an instant. {_FIX}")
        return datetime.min.replace(tzinfo=UTC)
    if found.tzinfo is None:
        mistakes.append(f"  {name}: {text!r} has no time zone. {_FIX}")
        return found.replace(tzinfo=UTC)
    return found.astimezone(UTC)


def later_windows(cron: str, interval_end: datetime, now: datetime, *, limit: int = 100) -> list[datetime]:
    """Return the starts of the later windows that have ended by now, newest first, at most `limit`.

    The logical date of a `CronDataIntervalTimetable` run is the start of its window. The run exists once the window
    has ended.
    """
    return list(islice(_ended_since(cron, interval_end, now), limit))


def _ended_since(cron: str, interval_end: datetime, now: datetime) -> Iterator[datetime]:
    from croniter import croniter

    ticks = croniter(cron, now.astimezone(UTC) + timedelta(seconds=1))
    ticks.get_prev(datetime)  # The newest tick ends a window; the one before it is that window's start.
    while (start := ticks.get_prev(datetime)) >= interval_end:
        yield start.replace(fold=0)  # croniter sets `fold`, which makes equal instants differ as JSON


def is_newest(cron: str, interval_end: datetime, now: datetime, count_runs: CountRuns) -> bool:
    """Return whether no later window has a run. Asks Airflow only if a later window has ended."""
    later = later_windows(cron, interval_end, now)
    return not later or count_runs(later) == 0


def may_sweep(context: Any, *, has_window: bool) -> bool:
    """Return whether this run may read the whole import status, besides its window or in place of it.

    The newest scheduled run may. A backfill may not. A manual run may if it has no window: it has nothing else to
    read.
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
    """Return the ledger's key of a DAG run. The run key of each of its tasks begins with it and a slash."""
    return f"{dag_id}/{run_id}"


def task_run_key(dag_id: str, run_id: str, task_id: str, try_number: int) -> str:
    """Return the ledger's key of one try of a task: `orders__demo/scheduled__2026-11-23/import_orders/1`."""
    return f"{dag_run_key(dag_id, run_id)}/{task_id}/{try_number}"
