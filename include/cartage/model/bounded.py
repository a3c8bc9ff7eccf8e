"""Counts that stop at a bound, so that they cost the same in a large ledger as in a small one."""

from __future__ import annotations

from dataclasses import dataclass

BOUND = 10_000
"""Where counting stops."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A count that stops at a limit."""

    counted: int
    more: bool = False

    @classmethod
    def of(cls, counted: int, bound: int = BOUND) -> Bounded:
        """Return the count of a query that was limited to one row more than the bound."""
        return cls(min(counted, bound), counted > bound)

    def __str__(self) -> str:
        return f"{self.counted:,}{'+' if self.more else ''}"
