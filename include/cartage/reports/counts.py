"""The counts of a day, of a lane, or of a period. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cartage.reports.repo.months import COUNTED


@dataclass(frozen=True, slots=True)
class Counts:
    """Fulfillment orders of some days: each counts on the day on which it was placed, sent, shipped and so on.

    `due` were promised to ship by a day that is over, `kept` of them did. `partly` and `split` are among those shipped:
    a part left before the rest; in more than one package.
    """

    placed: int = 0
    sent: int = 0
    shipped: int = 0
    posted: int = 0
    cancelled_before: int = 0
    cancelled_after: int = 0
    due: int = 0
    kept: int = 0
    partly: int = 0
    split: int = 0

    @property
    def cancelled(self) -> int:
        """Cancelled before they were sent, or at the warehouse."""
        return self.cancelled_before + self.cancelled_after

    @property
    def share_kept(self) -> float | None:
        """The share that shipped within the promise; None if nothing was due."""
        return self.kept / self.due if self.due else None

    def __add__(self, other: Counts) -> Counts:
        """Return the sum."""
        return Counts(*(getattr(self, name) + getattr(other, name) for name in COUNTED))
