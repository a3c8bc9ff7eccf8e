"""When a stage must start no new order: Airflow sends SIGTERM, or the task's time runs out.

Airflow raises its timeout in the middle of whatever runs. The stage is asked to stop a little earlier, so that
requests in flight can end within their own timeouts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowException

if TYPE_CHECKING:
    from cartage.lanes.settings.limits import Limits

# After the longest request: time to commit its outcome and to close connections.
_TO_COMMIT = timedelta(seconds=10)


class StageStopped(AirflowException):
    """A stage stopped before it was done. What it moved is committed; a retry continues from there."""


def time_to_work(limits: Limits, execution_timeout: timedelta | None) -> timedelta | None:
    """Return how long a stage may start new work, or None without a timeout.

    That is the task's time less the longest request, but at least half of the task's time.
    """
    if execution_timeout is None:
        return None
    longest_request = limits.connect_timeout + limits.read_timeout
    return max(execution_timeout - longest_request - _TO_COMMIT, execution_timeout / 2)


@contextmanager
def stop_signal(after: timedelta | None) -> Iterator[threading.Event]:
    """Yield an event that is set `after` this time, or when the block ends by an exception."""
    stop = threading.Event()
    timer = threading.Timer(after.total_seconds() if after else 0, stop.set)
    timer.daemon = True
    if after is not None:
        timer.start()
    try:
        yield stop
    except BaseException:
        stop.set()
        raise
    finally:
        timer.cancel()
