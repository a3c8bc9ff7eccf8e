"""Buckets for one process, where there is no ledger: a connection test, the CLI, or while the ledger is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cartage.errors import RateLimited
from cartage.pace.buckets import Bucket
from cartage.pace.limits import CallLimit

# After a 429 without a wait: 3dcart-api.md, section 3.3, advises at least ten seconds.
DEFAULT_PENALTY = 10.0
# After a 429 the bucket is assumed to leak slower than documented, for this long and by this factor.
_SLOW_SECONDS = 60.0
_SLOW_SHARE = 0.5
_ROUNDING = 1e-9
_FIX = "It is tried again later."


class LocalPause:
    """The wait that the last 429 demanded, for a remote whose limits are not documented."""

    def __init__(
        self,
        *,
        remote: str = "the remote",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._remote = remote
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._blocked_until = clock()

    def acquire(self, *, within: float | None = None) -> None:
        """Block until one call may leave. A 429 in another thread prolongs the wait.

        Raises:
            RateLimited: if that would take longer than `within` seconds.
        """
        waited = 0.0
        while (wait := self._take()) > 0:
            if within is not None and waited + wait > within:
                what = f"no call is free within {within:.0f} s"
                raise RateLimited(self._remote, "waiting for a call", what, fix=_FIX, retry_after=wait)
            self._sleep(wait)
            waited += wait

    def penalise(self, retry_after: float | None) -> None:
        """Record a 429: no call for `retry_after` seconds (default ten)."""
        wait = DEFAULT_PENALTY if retry_after is None else max(0.0, retry_after)
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + wait)

    def fill(self) -> None:
        """Do nothing: how much the remote's bucket holds is not known."""

    def follow(self, per_second: float) -> None:
        """Do nothing: how much the remote's bucket holds is not known."""

    def _take(self) -> float:
        """Return how many seconds to wait before trying again; 0 if a call may leave."""
        with self._lock:
            return max(0.0, self._blocked_until - self._clock())


class LocalBudget(LocalPause):
    """A leaky bucket. `_level` is how full it was at `_at`. A call may leave if it still fits."""

    def __init__(
        self,
        burst: int,
        per_second: float,
        *,
        remote: str = "the remote",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(remote=remote, clock=clock, sleep=sleep)
        self._burst = burst
        self._per_second = per_second
        self._level = 0.0
        self._at = self._slow_until = self._blocked_until

    def penalise(self, retry_after: float | None) -> None:
        """Record a 429: no call for `retry_after` seconds (default ten), then half the rate for a minute.

        The bucket is then taken to be full, because the remote counts more calls than we do.
        """
        super().penalise(retry_after)
        with self._lock:
            self._slow_until = self._blocked_until + _SLOW_SECONDS
            self._level, self._at = self._burst - 1, self._blocked_until

    def fill(self) -> None:
        """Take the bucket to be full."""
        with self._lock:
            self._level, self._at = self._burst, max(self._at, self._clock())

    def follow(self, per_second: float) -> None:
        """Leak at this rate from now on."""
        with self._lock:
            self._per_second = per_second

    def _take(self) -> float:
        """Count a call and return 0, or return how many seconds to wait before trying again."""
        with self._lock:
            now = self._clock()
            if now < self._blocked_until:
                return self._blocked_until - now
            rate = self._per_second * (_SLOW_SHARE if now < self._slow_until else 1.0)
            self._level = max(0.0, self._level - max(0.0, now - self._at) * rate)
            self._at = now
            excess = self._level + 1 - self._burst
            if excess > _ROUNDING:
                return excess / rate
            self._level += 1
            return 0.0


def open_local(_bucket: str, limit: CallLimit | None) -> Bucket:
    """Return a bucket of this process with this limit."""
    return LocalBudget(limit.burst, limit.per_second) if limit else LocalPause()
