"""Deadlines of requests: the clock is checked just before each piece of a request goes to the kernel.

The responses of these connections end in time as well (`cartage.http.timed_response`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from cartage.deadlines import check_deadline_now
from cartage.http.timed_response import TimedResponse

if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object

# How long the response of the write in this context may take; None: it is a read, which may leave at any time.
_longest_response: ContextVar[float | None] = ContextVar("longest_response", default=None)


@contextmanager
def check_deadline(read_timeout: float) -> Iterator[None]:
    """Apply the caller's deadline, if any, to the request in this block, which then may raise `DeadlineExceeded`."""
    token = _longest_response.set(read_timeout)
    try:
        yield
    finally:
        _longest_response.reset(token)


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
    response_class = TimedResponse

    def send(self, data: Any) -> None:
        """Send a piece of a request, unless the deadline has passed."""
        if self.sock is None:
            self.connect()
        longest = _longest_response.get()
        if longest is not None:
            check_deadline_now(longest)
        super().send(data)


class _DeadlineHTTP(_WithDeadline, HTTPConnection):
    pass


class _DeadlineHTTPS(_WithDeadline, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPS
