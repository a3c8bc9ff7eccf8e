"""When a stage must start no new order: Airflow's SIGTERM, or a task's time running out.

Airflow raises its timeout in the middle of whatever runs. A little before, the stage is asked to stop, so
that requests in flight end within their own timeouts.
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

# Besides the longest request: to commit its outcome and to close connections.
_TO_COMMIT = timedelta(seconds=10)


class StageStopped(AirflowException):
    """A stage was asked to stop before it was done. What it moved is committed; a retry goes on."""


def time_to_work(limits: Limits, execution_timeout: timedelta | None) -> timedelta | None:
    """How long a stage may start new work: the task's time less the longest request, at least half of it."""
    if execution_timeout is None:
        return None
    longest_request = limits.connect_timeout + limits.read_timeout
    return max(execution_timeout - longest_request - _TO_COMMIT, execution_timeout / 2)


@contextmanager
def stop_signal(after: timedelta | None) -> Iterator[threading.Event]:
    """An event that is set `after` this time, at the latest when the block ends by an exception."""
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
