"""Writes that leave in time, or not at all.

A claim is checked in the ledger just before a request leaves. A process that is frozen between the check and the
request (SIGSTOP, a suspended machine, minutes of swapping) would send it long after another run has taken the claim
over and settled what became of the order. So the clock is looked at once more, in the statement before each piece of
the request is given to the kernel.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object

# Unlike the monotonic clock, it also runs on while the machine is suspended (Linux; else the next best).
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_life_ends: ContextVar[float | None] = ContextVar("life_ends", default=None)
_leave_by: ContextVar[float | None] = ContextVar("leave_by", default=None)


class DeadlineExceeded(Exception):
    """The request did not leave in time, and was not sent."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Send no write of this block unless its answer can come within so many seconds from now.

    Opened before the claim is checked, with the time for which the claim was found to last.
    """
    token = _life_ends.set(time.clock_gettime(_CLOCK) + seconds)
    try:
        yield
    finally:
        _life_ends.reset(token)


@contextmanager
def check_deadline(read_timeout: float) -> Iterator[None]:
    """Hold this block's request to the deadline of its caller, if any. Raises `DeadlineExceeded` when late."""
    ends = _life_ends.get()
    token = _leave_by.set(None if ends is None else ends - read_timeout)
    try:
        yield
    finally:
        _leave_by.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """Looks at the clock just before bytes leave."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Build the pools, with connections that look at the clock."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class _WithDeadline(_Connection):
    def send(self, data: Any) -> None:
        """Send a piece of a request, unless it is too late for it."""
        if self.sock is None:
            self.connect()
        leave_by = _leave_by.get()
        if leave_by is not None and time.clock_gettime(_CLOCK) > leave_by:
            raise DeadlineExceeded
        super().send(data)


class _DeadlineHTTP(_WithDeadline, HTTPConnection):
    pass


class _DeadlineHTTPS(_WithDeadline, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPS
