"""The sandbox's own time, which tests may advance. It knows no time zone and never goes back."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """An emulator's time: the machine's, plus what was added with `advance`.

    A frozen clock moves only with `advance`. Threads may share it.
    """

    def __init__(self, start: datetime | None = None, frozen: bool = False) -> None:
        """Start at `start` (aware; default: now). Raises ValueError for a naive time."""
        if start is not None and start.tzinfo is None:
            raise ValueError("start must be timezone-aware")
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._frozen = frozen
        self._origin = time.monotonic()
        self._advanced = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the sandbox's current time, aware and in UTC."""
        elapsed = 0.0 if self._frozen else time.monotonic() - self._origin
        return self._start + timedelta(seconds=elapsed + self._advanced)

    def advance(self, seconds: float) -> datetime:
        """Advance by `seconds` and return the new time. Raises ValueError for a negative step."""
        if not 0 <= seconds < float("inf"):
            raise ValueError("a clock only goes forward, by a finite number of seconds")
        with self._lock:
            self._advanced += seconds
        return self.now()
