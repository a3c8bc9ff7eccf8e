"""The rate limit of one store: the interface, and a leaky bucket for one process. The ledger has the shared bucket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

# 3dcart-api.md, section 3.3: a leaky bucket of 50 calls that leaks 2 calls a second.
BURST = 50
PER_SECOND = 2.0
# After a 429 without Retry-After: section 3.3 advises at least ten seconds.
DEFAULT_PENALTY = 10.0
# After a 429 the bucket is assumed to leak slower than documented, for this long and by this factor.
_SLOW_SECONDS = 60.0
_SLOW_SHARE = 0.5
_ROUNDING = 1e-9


class CallBudget(Protocol):
    """Limits the calls to one store. Threads may share it."""

    def acquire(self) -> None:
        """Block until one call may leave, and count it."""
        ...

    def penalise(self, retry_after: float | None) -> None:
        """Record a 429: no call leaves for `retry_after` seconds (or a default), then calls leave more slowly."""
        ...


class LocalBudget:
    """A leaky bucket for one process, where there is no ledger: a connection test, the CLI.

    `_level` is how full the bucket was at `_at`. A call may leave if it still fits.
    """

    def __init__(
        self,
        burst: int = BURST,
        per_second: float = PER_SECOND,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._level = 0.0
        self._at = clock()
        self._blocked_until = self._slow_until = self._at

    def acquire(self) -> None:
        """Block until one call may leave. A 429 in another thread prolongs the wait."""
        while (wait := self._take()) > 0:
            self._sleep(wait)

    def penalise(self, retry_after: float | None) -> None:
        """Record a 429: no call for `retry_after` seconds (default ten), then half the rate for a minute.

        The bucket is then taken to be full, because the store counts more calls than we do.
        """
        wait = DEFAULT_PENALTY if retry_after is None else max(0.0, retry_after)
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock() + wait)
            self._slow_until = self._blocked_until + _SLOW_SECONDS
            self._level, self._at = self._burst - 1, self._blocked_until

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
