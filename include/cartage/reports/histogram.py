"""Times as histograms. A day of a lane has one packed histogram, and appending histograms adds them up.

Medians and percentiles of days do not add up; counts in buckets do. Each bucket reaches 8 % further than the one
before, and stands for the middle of it, so a percentile is within 4 % of the exact one.

An entry of a histogram is one integer of eight bytes. From its highest bits down: the slot (span and weekday) in 5
bits, the carrier's id in 20, the bucket in 9, the number of orders in 29; the sign is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
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
SLOT_SHIFT, CARRIER_SHIFT, BUCKET_SHIFT = 58, 38, 29
MOST_CARRIERS, _BUCKETS = 2**20, 2**9
# Lanes whose times are counted at once, for the sake of memory.
_LANES_AT_ONCE = 500


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


SpanTimes = Mapping[tuple[Span, Any], Times]
"""Times by span and group. A group of which no order was done is not there."""


@dataclass(frozen=True, slots=True)
class Histograms:
    """The histograms of some lanes over any days; `ends` says where the entries of each lane end."""

    lanes: tuple[str, ...]
    entries: NDArray[np.int64]
    ends: tuple[int, ...]

    @classmethod
    def unpacked(cls, packed: Mapping[str, bytes]) -> Histograms:
        """Read the histograms of each lane, one after the other, as the ledger packs them."""
        import numpy as np

        entries = np.frombuffer(b"".join(packed.values()), dtype=">i8").astype(np.int64)
        ends = np.cumsum([len(content) // 8 for content in packed.values()], dtype=np.int64)
        return cls(tuple(packed), entries, tuple(int(end) for end in ends))

    def by_weekday(self) -> SpanTimes:
        """Return the times by the weekday on which the span began, 0 for Monday."""
        found = _times(self._counted_by_slot())
        return {(Span(slot // WEEKDAYS), slot % WEEKDAYS): times for slot, times in found}

    def overall(self) -> SpanTimes:
        """Return the times of each span; its group is an empty text."""
        counted = self._counted_by_slot().reshape(len(Span), WEEKDAYS, _BUCKETS).sum(axis=1)
        return {(Span(span), ""): times for span, times in _times(counted)}

    def by_carrier(self) -> SpanTimes:
        """Return the times by the id of the carrier; 0 stands for none."""
        import numpy as np

        ids, places = np.unique((self.entries >> CARRIER_SHIFT) & (MOST_CARRIERS - 1), return_inverse=True)
        counted = _counted(self.entries, places, len(ids))
        return {(span, int(ids[place])): times for span, place, times in _by_span(counted)}

    def by_lane(self, groups: Mapping[str, str] | None = None) -> SpanTimes:
        """Return the times by lane; with `groups`, by the group of each lane."""
        import numpy as np

        named = list(dict.fromkeys(groups[lane] if groups else lane for lane in self.lanes))
        place = {name: number for number, name in enumerate(named)}
        counted = np.zeros((0, _BUCKETS))
        found: dict[tuple[Span, Any], Times] = {}
        if groups is not None:
            counted = np.zeros((len(named) * len(Span), _BUCKETS))
        for first in range(0, len(self.lanes), _LANES_AT_ONCE):
            chunk = self.lanes[first : first + _LANES_AT_ONCE]
            start = self.ends[first - 1] if first else 0
            ends = self.ends[first : first + len(chunk)]
            lengths = np.diff([start, *ends])
            entries = self.entries[start : ends[-1]]
            if groups is not None:
                rows = np.repeat([place[groups[lane]] for lane in chunk], lengths)
                counted += _counted(entries, rows, len(named))
                continue
            part = _counted(entries, np.repeat(np.arange(len(chunk)), lengths), len(chunk))
            found |= {(span, chunk[number]): times for span, number, times in _by_span(part)}
        return found | {(span, named[number]): times for span, number, times in _by_span(counted)}

    def _counted_by_slot(self) -> NDArray[np.float64]:
        return _bucket_counts(self.entries, self.entries >> SLOT_SHIFT, len(Span) * WEEKDAYS)


def _counted(entries: NDArray[np.int64], rows: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Return the counts in buckets, a row for each span of each group."""
    spans = (entries >> SLOT_SHIFT) // WEEKDAYS
    return _bucket_counts(entries, rows * len(Span) + spans, count * len(Span))


def _bucket_counts(entries: NDArray[np.int64], rows: NDArray[Any], count: int) -> NDArray[np.float64]:
    import numpy as np

    buckets = (entries >> BUCKET_SHIFT) & (_BUCKETS - 1)
    orders = entries & (2**BUCKET_SHIFT - 1)
    flat = np.bincount(rows * _BUCKETS + buckets, weights=orders, minlength=count * _BUCKETS)
    return flat.astype(np.float64).reshape(count, _BUCKETS)


def _by_span(counted: NDArray[np.float64]) -> Iterator[tuple[Span, int, Times]]:
    for row, times in _times(counted):
        yield Span(row % len(Span)), row // len(Span), times


def _times(counted: NDArray[np.float64]) -> Iterator[tuple[int, Times]]:
    """Yield the number of each row that has orders, and its times.

    A percentile is the middle of the bucket with the last order of the fastest share.
    """
    import numpy as np

    reached = np.cumsum(counted, axis=1)
    totals = reached[:, -1] if len(reached) else np.zeros(0)
    halves, nine_tenths = (
        np.argmax(reached >= np.ceil(share * totals)[:, None], axis=1) for share in (0.5, 0.9)
    )
    for row in np.flatnonzero(totals):
        yield (
            int(row),
            Times(int(totals[row]), _middle(int(halves[row])), _middle(int(nine_tenths[row]))),
        )


def _middle(bucket: int) -> timedelta:
    return timedelta(seconds=round(GROWTH ** (bucket + 0.5)))
