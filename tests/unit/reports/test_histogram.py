"""Percentiles from packed histograms stay within the stated error, however the days are put together."""

from __future__ import annotations

import math
import struct
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.reports.histogram import (
    BUCKET_SHIFT,
    CARRIER_SHIFT,
    ERROR,
    GROWTH,
    MOST_CARRIERS,
    SLOT_SHIFT,
    WEEKDAYS,
    AllTimes,
    Span,
    count_times,
)

SECONDS = st.lists(st.integers(1, 365 * 86_400), min_size=1, max_size=200)


def packed(seconds: list[int], *, slot: int = 0, carrier: int = 0) -> bytes:
    """Pack times as the ledger's statement does."""
    buckets = [math.floor(math.log(max(value, 1)) / math.log(GROWTH)) for value in seconds]
    start = (slot << SLOT_SHIFT) | (carrier << CARRIER_SHIFT)
    return b"".join(struct.pack(">q", start | (bucket << BUCKET_SHIFT) | 1) for bucket in buckets)


def exact(seconds: list[int], share: float) -> int:
    return sorted(seconds)[math.ceil(share * len(seconds)) - 1]


@settings(deadline=None)
@given(days=st.lists(SECONDS, min_size=1, max_size=5))
def test_percentiles_of_days_together_are_within_the_stated_error(days: list[list[int]]) -> None:
    lanes = {f"lane{number}": packed(day) for number, day in enumerate(days)}
    found = count_times(lanes, dict.fromkeys(lanes, "w")).overall[Span.PLACED_TO_SENT]
    together = [value for day in days for value in day]
    assert found.orders == len(together)
    for shown, share in ((found.median, 0.5), (found.p90, 0.9)):
        # Shown to the second.
        assert abs(shown.total_seconds() - exact(together, share)) <= ERROR * exact(together, share) + 0.501


def test_the_stated_error_is_below_four_per_cent() -> None:
    assert 0 < ERROR < 0.04


def test_spans_weekdays_and_carriers_are_kept_apart() -> None:
    sunday = Span.SENT_TO_SHIPPED * WEEKDAYS + 6
    last = MOST_CARRIERS - 1
    lanes = {"east": packed([60]) + packed([3600, 3600], slot=sunday, carrier=last), "west": packed([5])}
    found = count_times(lanes, {"east": "reno", "west": "reno"})
    assert {span: times.orders for span, times in found.overall.items()} == {
        Span.PLACED_TO_SENT: 2,
        Span.SENT_TO_SHIPPED: 2,
    }
    assert list(found.weekdays) == [(Span.PLACED_TO_SENT, 0), (Span.SENT_TO_SHIPPED, 6)]
    assert {key: times.orders for key, times in found.carriers.items()} == {(Span.SENT_TO_SHIPPED, last): 2}


def test_lanes_are_kept_apart_and_put_together_by_their_groups() -> None:
    lanes = {f"lane{number}": packed([60] * (number + 1), carrier=1 + number % 2) for number in range(503)}
    lanes["idle"] = b""
    groups = {lane: "odd" if lane[-1] in "13579" else "even" for lane in lanes}
    found = count_times(lanes, groups)
    assert {lane: times.orders for (_, lane), times in found.lanes.items()} == {
        f"lane{number}": number + 1 for number in range(503)
    }
    odd = sum(number + 1 for number in range(1, 503, 2))
    even = sum(range(1, 504)) - odd
    assert {group: times.orders for (_, group), times in found.groups.items()} == {"odd": odd, "even": even}
    assert {number: times.orders for (_, number), times in found.carriers.items()} == {1: even, 2: odd}


def test_a_lane_without_a_group_counts_everywhere_else() -> None:
    lanes = {"several": packed([60]), "single": packed([60, 60])}
    found = count_times(lanes, {"single": "reno"})
    assert {group: times.orders for (_, group), times in found.groups.items()} == {"reno": 2}
    assert {lane: times.orders for (_, lane), times in found.lanes.items()} == {"several": 1, "single": 2}
    assert count_times({"several": packed([60])}, {}).groups == {}


def test_no_order_has_no_times() -> None:
    for lanes in ({}, {"east": b""}):
        found = count_times(lanes, {"east": "reno"})
        assert found == AllTimes(overall={}, weekdays={}, lanes={}, groups={}, carriers={})


def test_no_time_at_all_is_shown_as_one_second() -> None:
    [found] = count_times({"east": packed([0])}, {"east": "reno"}).overall.values()
    assert found.median == timedelta(seconds=1)
