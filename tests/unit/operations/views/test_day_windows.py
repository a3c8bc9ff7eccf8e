"""Today against what is usual: the same weekday until the same time of the store's day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cartage.operations.views.lanes import USUAL_WEEKS, day_windows


def test_each_window_is_the_same_weekday_until_the_same_time() -> None:
    windows = day_windows(ZoneInfo("UTC"), datetime(2026, 11, 29, 12, 30, tzinfo=UTC))
    assert len(windows) == USUAL_WEEKS + 1
    assert windows[0] == (
        datetime(2026, 11, 29, tzinfo=UTC),
        datetime(2026, 11, 29, 12, 30, tzinfo=UTC),
    )
    for week, (since, until) in enumerate(windows):
        assert windows[0][0] - since == timedelta(weeks=week)
        assert until - since == timedelta(hours=12, minutes=30)


def test_the_day_is_the_stores_and_a_clock_change_moves_no_midnight() -> None:
    # New York has set its clocks back on 1 November.
    windows = day_windows(ZoneInfo("America/New_York"), datetime(2026, 11, 8, 13, tzinfo=UTC))
    assert windows[0] == (datetime(2026, 11, 8, 5, tzinfo=UTC), datetime(2026, 11, 8, 13, tzinfo=UTC))
    assert windows[1] == (datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 13, tzinfo=UTC))
    assert windows[2] == (datetime(2026, 10, 25, 4, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))
