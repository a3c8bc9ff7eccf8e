"""Deadlines of writes: a write leaves in time, or not at all, whatever it leaves through.

A claim is checked in the ledger just before a write leaves. A process that is frozen between the check and the write
(SIGSTOP, a suspended machine, minutes of swapping) would write long after another run has taken over the claim and
settled the order. Therefore the clock is checked again just before the write: by HTTP connections for each piece of a
request (`cartage.http.deadline_adapter`), by other transports with `check_deadline_now`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Unlike the monotonic clock, it also runs while the machine is suspended (on Linux).
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_life_ends: ContextVar[float | None] = ContextVar("life_ends", default=None)


class DeadlineExceeded(Exception):
    """The deadline passed before the write left; it did not leave."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Let a write in this block leave only if its response can come within so many seconds from now.

    Enter the block before the claim is checked, with the time that the claim must still last.
    """
    token = _life_ends.set(time.clock_gettime(_CLOCK) + seconds)
    try:
        yield
    finally:
        _life_ends.reset(token)


def seconds_left() -> float | None:
    """Return the seconds until the caller's deadline, less than 0 once it has passed; None without a deadline."""
    ends = _life_ends.get()
    return None if ends is None else ends - time.clock_gettime(_CLOCK)


def check_deadline_now(longest: float = 0.0) -> None:
    """Check the caller's deadline, if any: the last statement before a write that takes at most `longest` seconds.

    Raises:
        DeadlineExceeded: if the write could end after the deadline; then it must not leave.
    """
    left = seconds_left()
    if left is not None and left < longest:
        raise DeadlineExceeded
