"""The progress of a long list: count, rate and time left, from the second page on."""

from __future__ import annotations

import pytest

from cartage.intake.long_list import Progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_list_of_one_page_logs_no_progress(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        Progress("demo", "sweep").log_page(12, None)
    assert caplog.records == []


def test_count_rate_and_time_left_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    progress = Progress("demo", "sweep", clock=clock)
    with caplog.at_level("INFO"):
        progress.log_page(300, None)
        clock.now += 10
        progress.log_page(3000, 100_000)
    [record] = caplog.records
    assert record.getMessage() == (
        "lane demo: sweep: 3,000 of about 100,000 orders read, 300 a second, about 5 min left"
    )


def test_the_rate_is_that_of_this_attempt() -> None:
    clock = Clock()
    progress = Progress("demo", "sweep", start=50_000, clock=clock)
    clock.now += 10
    assert "100 a second" in progress.text(51_000, 60_000)
    assert "about 90 s left" not in progress.text(51_000, 60_000)
    assert "about 2 min left" in progress.text(51_000, 60_000)


def test_a_list_that_grew_is_never_more_than_complete() -> None:
    assert "310 of about 310 orders read" in Progress("demo", "sweep").text(310, 300)


def test_without_a_total_no_time_left_is_logged() -> None:
    assert "left" not in Progress("demo", "sweep").text(310, None)
