"""When a stage must start no new order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cartage.lanes.settings.limits import Limits
from cartage_airflow.stopping import stop_signal, time_to_work

LIMITS = Limits(connect_timeout=timedelta(seconds=10), read_timeout=timedelta(seconds=60))


def test_requests_in_flight_have_all_their_time_before_airflow_interrupts() -> None:
    assert time_to_work(LIMITS, timedelta(minutes=30)) == timedelta(minutes=30, seconds=-80)


def test_half_of_a_short_task_is_left_for_work() -> None:
    assert time_to_work(LIMITS, timedelta(seconds=60)) == timedelta(seconds=30)


def test_a_task_without_a_timeout_is_not_stopped() -> None:
    assert time_to_work(LIMITS, None) is None
    with stop_signal(None) as stop:
        assert not stop.is_set()


def test_the_signal_is_set_when_the_time_is_over() -> None:
    with stop_signal(timedelta(milliseconds=1)) as stop:
        assert stop.wait(10)


def test_an_interrupted_stage_is_told_to_stop() -> None:
    with pytest.raises(KeyboardInterrupt), stop_signal(timedelta(hours=1)) as stop:
        raise KeyboardInterrupt
    assert stop.is_set()
