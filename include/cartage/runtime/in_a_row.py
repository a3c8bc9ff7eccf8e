"""Failures in a row among calls that run side by side. Pure."""

from __future__ import annotations


class FailuresInARow:
    """The calls that failed, of those that began after the last call that worked.

    `number` rises in the order in which calls begin. Calls end in another order: one that began before an outage may
    end in the middle of it, and says nothing about those that began later. A call that tells neither is not given.
    """

    def __init__(self) -> None:
        self._failed: set[int] = set()
        self._last_worked: int | None = None

    def __len__(self) -> int:
        return len(self._failed)

    def add_failed(self, number: int) -> None:
        """Count a call that failed, unless a later one has worked."""
        if self._last_worked is None or number > self._last_worked:
            self._failed.add(number)

    def add_worked(self, number: int) -> None:
        """Forget the failed calls that began before this one, which worked."""
        if self._last_worked is None or number > self._last_worked:
            self._last_worked = number
            self._failed = {failed for failed in self._failed if failed > number}
