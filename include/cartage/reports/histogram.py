"""Times as histograms. A day of a lane has one packed histogram, and appending histograms adds them up.

Medians and percentiles of days do not add up; counts in buckets do. Each bucket reaches 8 % further than the one
before, and stands for the middle of it, so a percentile is within 4 % of the exact one.

An entry of a histogram is one integer of eight bytes. From its highest bits down: the slot (span and weekday) in 5
bits, the carrier's id in 20, of which 12 are used, the bucket in 9, the number of orders in 29; the sign is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GROWTH = 1.08
"""How much longer each bucket's times are than those of the bucket before. The first one begins at one second."""

ERROR = math.sqrt(GROWTH) - 1
"""How far a percentile can be from the exact one, as a share of it."""

WEEKDAYS = 7
SLOT_SHIFT, CARRIER_SHIFT, BUCKET_SHIFT = 58, 38, 29
MOST_CARRIERS, _BUCKETS = 2**12, 2**9
# Lanes whose times are counted at once, for the sake of memory.
_LANES_AT_ONCE = 200


class Span(IntEnum):
    """A part of an order's way. Its times count on the day on which it ends."""

    PLACED_TO_SENT = 0
    SENT_TO_SHIPPED = 1
    SHIPPED_TO_POSTED = 2


class Times(NamedTuple):
    """How long a span took: for how many orders, the median, and the time within which nine of ten were done.

    A report of many lanes has thousands, and a named tuple is made several times as quickly as a frozen dataclass.
    """

    orders: int
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class AllTimes:
    """The times of each span for all orders, and by weekday (0 for Monday), lane, group of lanes, and carrier's id."""

    overall: Mapping[Span, Times]
    weekdays: Mapping[tuple[Span, int], Times]
    lanes: Mapping[tuple[Span, str], Times]
    groups: Mapping[tuple[Span, str], Times]
    carriers: Mapping[tuple[Span, int], Times]


def count_times(packed: Mapping[str, bytes], groups: Mapping[str, str]) -> AllTimes:
    """Count the histograms of each lane, as the ledger packs them one after the other.

    `groups` names the group of each lane that is in one. What has no order is left out, and so is carrier 0, which
    stands for none.
    """
    import numpy as np

    named = list(dict.fromkeys(groups[lane] for lane in packed if lane in groups))
    place = {name: number for number, name in enumerate(named)}
    by_group = np.zeros((len(named), len(Span), _BUCKETS))
    by_slot = np.zeros((len(Span) * WEEKDAYS, _BUCKETS))
    by_carrier = np.zeros((1, len(Span), _BUCKETS))
    lanes: dict[tuple[Span, str], Times] = {}
    names = tuple(packed)
    for first in range(0, len(names), _LANES_AT_ONCE):
        chunk = names[first : first + _LANES_AT_ONCE]
        entries = _Entries([packed[lane] for lane in chunk])
        by_slot += entries.by_slot()
        of_lanes = entries.by_lane()
        for lane, counted in zip(chunk, of_lanes, strict=True):
            if lane in groups:
                by_group[place[groups[lane]]] += counted
        lanes |= {(span, chunk[number]): times for span, number, times in _by_span(of_lanes)}
        by_carrier = _sum(by_carrier, entries.by_carrier())
    by_span = by_slot.reshape(len(Span), WEEKDAYS, _BUCKETS).sum(axis=1)
    return AllTimes(
        overall={Span(span): times for span, times in _times(by_span)},
        weekdays={(Span(slot // WEEKDAYS), slot % WEEKDAYS): times for slot, times in _times(by_slot)},
        lanes=lanes,
        groups={(span, named[number]): times for span, number, times in _by_span(by_group)},
        carriers={(span, number): times for span, number, times in _by_span(by_carrier) if number},
    )


def merge_times(packed: bytes) -> bytes:
    """Return the sum of several histograms, one after the other: an entry for each slot, carrier and bucket."""
    import numpy as np

    entries = np.frombuffer(packed, dtype=">i8").astype(np.int64)
    found, place = np.unique(entries >> BUCKET_SHIFT, return_inverse=True)
    orders = np.bincount(place, weights=entries & (2**BUCKET_SHIFT - 1)).astype(np.int64)
    merged: NDArray[np.int64] = (found << BUCKET_SHIFT) | orders
    return merged.astype(">i8").tobytes()


class _Entries:
    """The entries of some lanes.

    Each bincount reads all of them, but an array of lanes and slots, of which to take sums, would be much larger.
    """

    def __init__(self, packed: Sequence[bytes]) -> None:
        import numpy as np

        entries = np.frombuffer(b"".join(packed), dtype=">i8").astype(np.int64)
        self._lanes = np.repeat(np.arange(len(packed)), [len(content) // 8 for content in packed])
        self._count = len(packed)
        self._slots = entries >> SLOT_SHIFT
        self._spans = self._slots // WEEKDAYS
        self._carriers = (entries >> CARRIER_SHIFT) & (MOST_CARRIERS - 1)
        self._buckets = (entries >> BUCKET_SHIFT) & (_BUCKETS - 1)
        self._orders = entries & (2**BUCKET_SHIFT - 1)

    def by_slot(self) -> NDArray[np.float64]:
        return self._counted(self._slots, (len(Span) * WEEKDAYS,))

    def by_lane(self) -> NDArray[np.float64]:
        return self._counted(self._lanes * len(Span) + self._spans, (self._count, len(Span)))

    def by_carrier(self) -> NDArray[np.float64]:
        carriers = int(self._carriers.max(initial=0)) + 1
        return self._counted(self._carriers * len(Span) + self._spans, (carriers, len(Span)))

    def _counted(self, rows: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.float64]:
        import numpy as np

        size = math.prod(shape) * _BUCKETS
        flat = np.bincount(rows * _BUCKETS + self._buckets, weights=self._orders, minlength=size)
        return flat.astype(np.float64, copy=False).reshape(*shape, _BUCKETS)


def _sum(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of two arrays of which one may have more rows."""
    longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
    total = longer.copy()
    total[: len(shorter)] += shorter
    return total


def _by_span(counted: NDArray[np.float64]) -> Iterator[tuple[Span, int, Times]]:
    """Yield span, number and times of each group that has orders."""
    for row, times in _times(counted.reshape(-1, _BUCKETS)):
        number, span = divmod(row, len(Span))
        yield Span(span), number, times


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
    # Numbers of Python are much cheaper to work with, one by one, than those of the arrays.
    found = np.flatnonzero(totals)
    columns = (found, totals[found].astype(np.int64), halves[found], nine_tenths[found])
    for row, orders, half, nine in zip(*(column.tolist() for column in columns), strict=True):
        yield row, Times(orders, _middle(half), _middle(nine))


@cache
def _middle(bucket: int) -> timedelta:
    return timedelta(seconds=round(GROWTH ** (bucket + 0.5)))
