"""The leaky bucket that limits calls: 50 in the bucket, 2 leaking per second (3dcart-api.md section 3.3).

It only decides whether there is room; `results` says what a refusal looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import Rules

# Levels are floats, so a millionth of a call too much is no reason to refuse.
_ROUNDING = 1e-6


@dataclass
class LeakyBucket:
    """How full a caller's bucket is, in calls."""

    level: float = 0.0
    at: float = 0.0

    def wait_for_room(
        self, now: float, size: float, rate: float, *, fill_when_refused: bool = False
    ) -> float:
        """Add a call and return 0, or return the seconds until there is room for it."""
        self.level = max(0.0, self.level - max(0.0, now - self.at) * rate)
        self.at = now
        missing = self.level + 1.0 - size
        admitted = missing <= _ROUNDING
        if admitted or fill_when_refused:
            self.level = min(self.level + 1.0, size)
        if admitted:
            return 0.0
        return missing / rate if rate > 0 else float("inf")


class Throttle:
    """The buckets of a store, on the sandbox's clock: advancing the clock empties them."""

    def __init__(self, clock: Clock, rules: Rules) -> None:
        self._clock, self._rules = clock, rules
        self._buckets: dict[str, LeakyBucket] = {}

    def wait(self, store: str, token: str) -> float:
        """Count a call of this token. Return 0 if it is accepted, else the seconds to wait."""
        if not self._rules.flag("throttle"):
            return 0.0
        key = store if self._rules["throttle_scope"] == "store" else f"{store} {token}"
        return self._buckets.setdefault(key, LeakyBucket()).wait_for_room(
            self._clock.now().timestamp(),
            self._rules.number("throttle_size"),
            self._rules.number("throttle_rate"),
            fill_when_refused=self._rules.flag("throttle_counts_refused"),
        )
