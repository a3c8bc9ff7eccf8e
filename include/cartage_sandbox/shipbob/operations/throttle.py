"""Count the calls of a token in a sliding minute, on the sandbox's clock."""

from __future__ import annotations

import math
from collections import deque

from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.shipbob.wire.errors import too_many_calls

_WINDOW = 60.0


class SlidingWindow:
    """The calls of each token in the last minute."""

    def __init__(self, clock: Clock, rules: Rules) -> None:
        self._clock, self._rules = clock, rules
        self._calls: dict[str, deque[float]] = {}

    def admit(self, token: str) -> dict[str, str]:
        """Count a call. Return the headers of its response, or raise a Refusal (429), which counts nothing."""
        if not self._rules.flag("throttle"):
            return {}
        now, most = self._clock.now().timestamp(), self._rules.integer("throttle_calls")
        calls = self._calls.setdefault(token, deque())
        while calls and calls[0] <= now - _WINDOW:
            calls.popleft()
        if len(calls) >= most:
            seconds = max(1, math.ceil(calls[0] + _WINDOW - now))
            raise too_many_calls(seconds, self._headers(0))
        calls.append(now)
        return self._headers(most - len(calls))

    def _headers(self, left: int) -> dict[str, str]:
        name = self._rules.text("limit_header")
        return {} if name == "none" else {name: str(left)}
