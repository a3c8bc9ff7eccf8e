"""Deadlines of writes: a write leaves in time, or not at all.

A claim is checked in the ledger just before a request leaves. A process that is frozen between the check and the
request (SIGSTOP, a suspended machine, minutes of swapping) would send the request long after another run has taken
over the claim and settled the order. Therefore the clock is checked again just before each piece of the request goes
to the kernel.
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

# Unlike the monotonic clock, it also runs while the machine is suspended (on Linux).
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_life_ends: ContextVar[float | None] = ContextVar("life_ends", default=None)
_leave_by: ContextVar[float | None] = ContextVar("leave_by", default=None)


class DeadlineExceeded(Exception):
    """The deadline passed before the request was sent; it was not sent."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Send a write in this block only if its response can come within so many seconds from now.

    Enter the block before the claim is checked, with the time that the claim must still last.
    """
    token = _life_ends.set(time.clock_gettime(_CLOCK) + seconds)
    try:
        yield
    finally:
        _life_ends.reset(token)


@contextmanager
def check_deadline(read_timeout: float) -> Iterator[None]:
    """Apply the caller's deadline, if any, to the request in this block, which then may raise `DeadlineExceeded`."""
    ends = _life_ends.get()
    token = _leave_by.set(None if ends is None else ends - read_timeout)
    try:
        yield
    finally:
        _leave_by.reset(token)


class DeadlineAdapter(HTTPAdapter):
    """An adapter whose connections check the deadline just before they send."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Build the pools with connections that check the deadline."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        """Return the pools behind a proxy, with connections that check the deadline, too."""
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = self.poolmanager.pool_classes_by_scheme
        return manager


class _WithDeadline(_Connection):
    def send(self, data: Any) -> None:
        """Send a piece of a request, unless the deadline has passed."""
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
