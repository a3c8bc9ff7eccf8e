"""The budget of one account at a remote, as its client uses it: before a call, and with what came back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Protocol

from cartage.pace.buckets import Bucket
from cartage.pace.headers import number_in, retry_after
from cartage.pace.limits import CallLimit, CallLimits

# With so few calls left, the remote has counted more than we have, or counts otherwise.
_FEW = 1


class RemoteBudget(Protocol):
    """Limits the calls of a client. Threads may share it."""

    def acquire(self, operation: str = "", *, within: float | None = None) -> None:
        """Block until a call of this operation may leave, and count it.

        Raises:
            RateLimited: if none is free within so many seconds, or the run has to stop. No call was counted.
        """
        ...

    def note(self, operation: str, status: int, headers: Mapping[str, str]) -> float | None:
        """Obey what a response says of the pace. Return the seconds that a failure demands to wait, if it says so."""
        ...


class AccountBudget:
    """The budget of an account: a bucket for all its calls, or for each operation, as its limits say.

    `open_bucket` returns the bucket of a name (empty for the account's own) with its limit.
    """

    def __init__(self, limits: CallLimits, open_bucket: Callable[[str, CallLimit | None], Bucket]) -> None:
        self._limits = limits
        self._open_bucket = open_bucket
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}
        self._rates: dict[str, float] = {}

    def acquire(self, operation: str = "", *, within: float | None = None) -> None:
        """Block until a call of this operation may leave, and count it.

        Raises:
            RateLimited: if none is free within so many seconds, or the run has to stop. No call was counted.
        """
        self._bucket(self._limits.bucket_of(operation)).acquire(within=within)

    def note(self, operation: str, status: int, headers: Mapping[str, str]) -> float | None:
        """Obey what a response says of the pace. Return the seconds that a failure demands to wait, if it says so.

        A 429 stops every user of the bucket for that time.
        """
        limits, name = self._limits, self._limits.bucket_of(operation)
        wait = retry_after(headers, limits.wait_headers) if status >= HTTPStatus.MULTIPLE_CHOICES else None
        if limits.rate_header:
            self._follow(name, headers.get(limits.rate_header, ""))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._bucket(name).penalise(wait)
        elif limits.remaining_header:
            left = number_in(headers.get(limits.remaining_header, ""))
            if left is not None and left <= _FEW:
                self._bucket(name).fill()
        return wait

    def _follow(self, name: str, value: str) -> None:
        """Tell the bucket the rate that the remote names, once for each change that this process sees.

        The first time too: another process may have seen another rate.
        """
        rate = number_in(value)
        if rate and rate != self._rates.get(name):
            self._bucket(name).follow(rate)
            self._rates[name] = rate

    def _bucket(self, name: str) -> Bucket:
        with self._lock:
            if name not in self._buckets:
                self._buckets[name] = self._open_bucket(name, self._limits.limit_of(name))
            return self._buckets[name]


class _NoBudget:
    """No limit, for tests and for remotes that are none of a lane's."""

    def acquire(self, operation: str = "", *, within: float | None = None) -> None:
        """Return at once."""

    def note(self, operation: str, status: int, headers: Mapping[str, str]) -> float | None:
        """Return the seconds that a failure's Retry-After demands."""
        return retry_after(headers) if status >= HTTPStatus.MULTIPLE_CHOICES else None


NO_BUDGET: RemoteBudget = _NoBudget()
