"""The leaky bucket that limits calls: 50 in the bucket, 2 leaking per second (3dcart-api.md section 3.3).

`results` says what a refusal looks like.
"""

from __future__ import annotations

from cartage_sandbox.kernel.buckets import LeakyBucket
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import Rules


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
