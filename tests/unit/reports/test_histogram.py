"""Percentiles from packed histograms stay within the stated error, however the days are put together."""

from __future__ import annotations

import math
import struct
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.reports.histogram import ERROR, GROWTH, WEEKDAYS, Histogram, Span

SECONDS = st.lists(st.integers(1, 365 * 86_400), min_size=1, max_size=200)


def packed(seconds: list[int], *, slot: int = 0, carrier: int = 0) -> bytes:
    """Pack times as the ledger's statement does."""
    return b"".join(
        struct.pack(">4i", slot, carrier, math.floor(math.log(max(value, 1)) / math.log(GROWTH)), 1)
        for value in seconds
    )


def exact(seconds: list[int], share: float) -> int:
    return sorted(seconds)[math.ceil(share * len(seconds)) - 1]


@settings(deadline=None)
@given(days=st.lists(SECONDS, min_size=1, max_size=5))
def test_percentiles_of_days_together_are_within_the_stated_error(days: list[list[int]]) -> None:
    found = Histogram.unpacked(b"".join(packed(day) for day in days)).times()
    assert found is not None
    together = [value for day in days for value in day]
    assert found.orders == len(together)
    for shown, share in ((found.median, 0.5), (found.p90, 0.9)):
        # Shown to the second.
        assert abs(shown.total_seconds() - exact(together, share)) <= ERROR * exact(together, share) + 0.501


def test_the_stated_error_is_below_four_per_cent() -> None:
    assert 0 < ERROR < 0.04


def test_spans_weekdays_and_carriers_are_kept_apart() -> None:
    sunday = Span.SENT_TO_SHIPPED * WEEKDAYS + 6
    found = Histogram.unpacked(packed([60]) + packed([3600, 3600], slot=sunday, carrier=7))
    sent = found.of(Span.PLACED_TO_SENT).times()
    assert sent is not None
    assert sent.orders == 1
    shipped = found.of(Span.SENT_TO_SHIPPED)
    assert list(shipped.by_weekday()) == [6]
    assert list(shipped.by_carrier()) == [7]
    assert found.of(Span.SHIPPED_TO_POSTED).times() is None


def test_no_order_has_no_times() -> None:
    assert Histogram.unpacked(b"").times() is None
    assert Histogram.together([]).times() is None


def test_no_time_at_all_is_shown_as_one_second() -> None:
    found = Histogram.unpacked(packed([0])).times()
    assert found is not None
    assert found.median == timedelta(seconds=1)
