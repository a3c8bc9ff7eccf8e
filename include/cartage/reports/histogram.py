"""Times as histograms. A day of a lane has one packed histogram, and appending histograms adds them up.

Medians and percentiles of days do not add up; counts in buckets do. Each bucket reaches 8 % further than the one
before, and stands for the middle of it, so a percentile is within 4 % of the exact one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GROWTH = 1.08
"""How much longer each bucket's times are than those of the bucket before. The first one begins at one second."""

ERROR = math.sqrt(GROWTH) - 1
"""How far a percentile can be from the exact one, as a share of it."""

WEEKDAYS = 7
_INTEGERS = 4


class Span(IntEnum):
    """A part of an order's way. Its times count on the day on which it ends."""

    PLACED_TO_SENT = 0
    SENT_TO_SHIPPED = 1
    SHIPPED_TO_POSTED = 2


@dataclass(frozen=True, slots=True)
class Times:
    """How long a span took: for how many orders, the median, and the time within which nine of ten were done."""

    orders: int
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of one or many days: for each entry its slot, carrier, bucket, and number of orders."""

    entries: NDArray[np.int32]

    @classmethod
    def unpacked(cls, packed: bytes) -> Histogram:
        """Read histograms as the ledger packs them, one after the other."""
        import numpy as np

        return cls(np.frombuffer(packed, dtype=">i4").astype(np.int32).reshape(-1, _INTEGERS))

    @classmethod
    def together(cls, parts: Iterable[Histogram]) -> Histogram:
        """Return the sum of these histograms."""
        import numpy as np

        entries = [part.entries for part in parts]
        return cls(np.concatenate(entries)) if entries else cls.unpacked(b"")

    def of(self, span: Span) -> Histogram:
        """Return the entries of one span."""
        return Histogram(self.entries[self.entries[:, 0] // WEEKDAYS == span])

    def by_weekday(self) -> dict[int, Histogram]:
        """Return the entries by the weekday on which their span began, 0 for Monday."""
        return self._split(self.entries[:, 0] % WEEKDAYS)

    def by_carrier(self) -> dict[int, Histogram]:
        """Return the entries by the id of their carrier; 0 stands for none."""
        return self._split(self.entries[:, 1])

    def times(self) -> Times | None:
        """Return how long it took; None without any order."""
        import numpy as np

        if not len(self.entries):
            return None
        counts = np.bincount(self.entries[:, 2], weights=self.entries[:, 3])
        reached = np.cumsum(counts)
        orders = int(reached[-1])
        return Times(orders, _percentile(reached, orders, 0.5), _percentile(reached, orders, 0.9))

    def _split(self, keys: NDArray[np.int32]) -> dict[int, Histogram]:
        import numpy as np

        return {int(key): Histogram(self.entries[keys == key]) for key in np.unique(keys)}


def _percentile(reached: NDArray[Any], orders: int, share: float) -> timedelta:
    """Return the middle of the bucket with the first order that is not among the fastest `share`."""
    import numpy as np

    bucket = int(np.searchsorted(reached, math.ceil(share * orders)))
    return timedelta(seconds=round(GROWTH ** (bucket + 0.5)))
