"""How long a caller waits for a remote's budget, and the error when it waits no longer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from cartage.errors import RateLimited

# Default for the longest wait for one call, and how often a waiting caller checks whether it has to stop. Seconds.
_LONGEST_WAIT = 900.0
_CHECK_EVERY = 5.0
_FIX = "It is tried again later. If it happens again, check what else calls with these credentials."


@dataclass(frozen=True, slots=True)
class Patience:
    """Nobody waits longer than `longest_wait` seconds for a call, or after `stop` was set.

    `remote` is the name of what is called in messages, `fix` what an operator does about it.
    """

    remote: str
    longest_wait: float = _LONGEST_WAIT
    stop: threading.Event = field(default_factory=threading.Event)
    fix: str = _FIX

    def longest(self, within: float | None) -> float:
        """Return the longest wait in seconds of a call that has to leave `within` seconds."""
        return self.longest_wait if within is None else min(within, self.longest_wait)

    def sleep(self, seconds: float) -> None:
        """Sleep, and check every few seconds whether to stop.

        Raises:
            RateLimited: if `stop` was set. No call was made.
        """
        while seconds > 0:
            if self.stop.is_set():
                raise self.refusal(seconds, self.longest_wait)
            time.sleep(min(seconds, _CHECK_EVERY))
            seconds -= _CHECK_EVERY

    def refusal(self, wait: float, longest: float) -> RateLimited:
        """Return the error of a caller that would have to wait for `wait` seconds and may wait for `longest`."""
        what = (
            "this run was asked to stop" if self.stop.is_set() else f"no call is free within {longest:.0f} s"
        )
        # Longer than the wait before a retry: a task that gives up here does not ask again at once.
        return RateLimited(
            self.remote, "waiting for a call", what, fix=self.fix, retry_after=max(wait, self.longest_wait)
        )
