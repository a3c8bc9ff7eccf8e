"""A leaky bucket, by which an emulated API limits calls. It only decides whether there is room."""

from __future__ import annotations

from dataclasses import dataclass

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
