"""The leaky bucket that limits calls: 50 in the bucket, 2 leaking per second (3dcart-api.md section 3.3).

It decides only whether there is room; what a refusal looks like is said elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import Rules

# A call's worth of time is reckoned in floats: a millionth of a call short is no refusal.
_ROUNDING = 1e-6


@dataclass
class LeakyBucket:
    """How full one caller's bucket is, in calls."""

    level: float = 0.0
    at: float = 0.0

    def wait_for_room(
        self, now: float, size: float, rate: float, *, fill_when_refused: bool = False
    ) -> float:
        """Take one call in and return 0, or return the seconds until there would be room for it."""
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
    """The buckets of one store, on the sandbox's clock: advancing it empties them."""

    def __init__(self, clock: Clock, rules: Rules) -> None:
        self._clock, self._rules = clock, rules
        self._buckets: dict[str, LeakyBucket] = {}

    def wait(self, store: str, token: str) -> float:
        """Count one call of this token; 0 when it is let in, else the seconds to wait."""
        if not self._rules.flag("throttle"):
            return 0.0
        key = store if self._rules["throttle_scope"] == "store" else f"{store} {token}"
        return self._buckets.setdefault(key, LeakyBucket()).wait_for_room(
            self._clock.now().timestamp(),
            self._rules.number("throttle_size"),
            self._rules.number("throttle_rate"),
            fill_when_refused=self._rules.flag("throttle_counts_refused"),
        )
