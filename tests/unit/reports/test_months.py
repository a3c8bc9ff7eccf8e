"""Which months a period has as a whole, and histograms that are added up into one entry for each bucket."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from cartage.reports.histogram import BUCKET_SHIFT, CARRIER_SHIFT, SLOT_SHIFT, count_times, merge_times
from cartage.reports.period import Period
from cartage.reports.totals import whole_months


@pytest.mark.parametrize(
    ("since", "until", "first", "last"),
    [
        ("2025-11-30", "2026-11-29", "2025-12-01", "2026-10-01"),
        ("2026-01-01", "2026-01-31", "2026-01-01", "2026-01-01"),
        ("2025-12-31", "2026-02-28", "2026-01-01", "2026-02-01"),
        ("2024-02-01", "2024-02-29", "2024-02-01", "2024-02-01"),
        ("2025-12-15", "2026-02-15", "2026-01-01", "2026-01-01"),
    ],
)
def test_whole_months_are_those_with_all_their_days(since: str, until: str, first: str, last: str) -> None:
    period = Period(date.fromisoformat(since), date.fromisoformat(until))
    assert whole_months(period) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-23", "2026-11-29"), ("2026-01-02", "2026-02-27"), ("2024-02-01", "2024-02-28")],
)
def test_a_period_without_a_whole_month_has_none(since: str, until: str) -> None:
    assert whole_months(Period(date.fromisoformat(since), date.fromisoformat(until))) is None


def packed(*entries: tuple[int, int, int, int]) -> bytes:
    """Pack entries of slot, carrier, bucket and orders."""
    numbers = [
        (slot << SLOT_SHIFT) | (carrier << CARRIER_SHIFT) | (bucket << BUCKET_SHIFT) | orders
        for slot, carrier, bucket, orders in entries
    ]
    return np.array(numbers, dtype=">i8").tobytes()


def test_entries_of_one_bucket_are_added_up_and_others_stay() -> None:
    days = packed((0, 0, 40, 3), (7, 2, 90, 1)) + packed((0, 0, 40, 4), (7, 3, 90, 1), (7, 2, 91, 5))
    merged = merge_times(days)
    assert merged == packed((0, 0, 40, 7), (7, 2, 90, 1), (7, 2, 91, 5), (7, 3, 90, 1))
    groups = {"east": "w"}
    assert count_times({"east": merged}, groups) == count_times({"east": days}, groups)
    assert merge_times(b"") == b""
