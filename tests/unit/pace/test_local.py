from __future__ import annotations

import threading

from cartage.pace.local import DEFAULT_PENALTY, LocalBudget


class Time:
    """A clock that only `sleep` advances."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def calls(budget: LocalBudget, time: Time, number: int) -> list[float]:
    moments = []
    for _ in range(number):
        budget.acquire()
        moments.append(time.now - 1000.0)
    return moments


def test_a_burst_leaves_at_once_and_the_rest_at_the_pace() -> None:
    time = Time()
    budget = LocalBudget(5, 2.0, clock=time.clock, sleep=time.sleep)
    assert calls(budget, time, 9) == [0, 0, 0, 0, 0, 0.5, 1.0, 1.5, 2.0]


def test_no_period_has_more_calls_than_the_store_allows() -> None:
    time = Time()
    budget = LocalBudget(50, 2.0, clock=time.clock, sleep=time.sleep)
    moments = calls(budget, time, 200)
    for first in range(len(moments)):
        for last in range(first, len(moments)):
            assert last - first + 1 <= 50 + 2 * (moments[last] - moments[first]) + 1e-6


def test_an_idle_bucket_allows_no_more_than_its_burst() -> None:
    time = Time()
    budget = LocalBudget(3, 1.0, clock=time.clock, sleep=time.sleep)
    time.now += 3600
    assert [moment - 3600 for moment in calls(budget, time, 5)] == [0, 0, 0, 1, 2]


def test_after_a_429_nothing_leaves_for_the_given_time_and_then_more_slowly() -> None:
    time = Time()
    budget = LocalBudget(50, 2.0, clock=time.clock, sleep=time.sleep)
    budget.penalise(7.0)
    assert calls(budget, time, 4) == [7.0, 8.0, 9.0, 10.0]


def test_after_a_429_without_retry_after_ten_seconds_pass() -> None:
    time = Time()
    budget = LocalBudget(50, 2.0, clock=time.clock, sleep=time.sleep)
    budget.penalise(None)
    assert calls(budget, time, 1) == [DEFAULT_PENALTY]


def test_the_full_rate_returns_after_a_while() -> None:
    time = Time()
    budget = LocalBudget(2, 2.0, clock=time.clock, sleep=time.sleep)
    budget.penalise(0.0)
    time.now += 120
    assert [moment - 120 for moment in calls(budget, time, 4)] == [0, 0, 0.5, 1.0]


def test_a_429_in_one_thread_delays_the_threads_that_wait() -> None:
    time = Time()
    budget = LocalBudget(1, 1.0, clock=time.clock, sleep=time.sleep)
    budget.acquire()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        if not slept:
            budget.penalise(30.0)
        slept.append(seconds)
        time.sleep(seconds)

    budget._sleep = sleep
    assert calls(budget, time, 1) == [30.0]


def test_threads_share_one_budget() -> None:
    budget = LocalBudget(40, 1000.0)
    done: list[int] = []

    def work() -> None:
        for _ in range(10):
            budget.acquire()
            done.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(done) == 40
