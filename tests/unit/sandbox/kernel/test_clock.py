"""The sandbox's clock: forward only, aware, and frozen if created so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cartage_sandbox.kernel import Clock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_frozen_clock_moves_only_when_advanced() -> None:
    clock = Clock(NOON, frozen=True)
    assert clock.now() == clock.now() == NOON
    assert clock.advance(90.5) == NOON + timedelta(seconds=90.5)
    assert clock.now() == NOON + timedelta(seconds=90.5)


def test_a_running_clock_continues_from_its_start_and_keeps_what_was_added() -> None:
    clock = Clock(NOON)
    first = clock.now()
    clock.advance(3600)
    assert NOON <= first <= clock.now() - timedelta(seconds=3600)


def test_times_are_in_utc_for_a_start_in_any_zone() -> None:
    start = datetime(2026, 11, 24, 7, tzinfo=timezone(timedelta(hours=-5)))
    assert Clock(start, frozen=True).now() == NOON
    assert Clock(start, frozen=True).now().tzinfo is UTC


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        Clock(datetime(2026, 11, 24, 12))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("seconds", [-0.001, float("inf"), float("nan")])
def test_the_clock_never_goes_back_and_never_overflows(seconds: float) -> None:
    clock = Clock(NOON, frozen=True)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(seconds)
    assert clock.now() == NOON
