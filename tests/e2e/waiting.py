"""Wait for a condition with a deadline: the only way in which these tests wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.5


def until(ask: Callable[[], T], done: Callable[[T], bool] = bool, *, seconds: float, what: str) -> T:
    """Call `ask` until `done` accepts its result, and return it. Fail with the last result after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done(seen := ask()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}; last seen: {seen!r}"
        time.sleep(_POLL_SECONDS)
    return seen
