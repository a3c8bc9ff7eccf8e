"""Limits as data: no sliding window is overrun, and what a merchant has agreed replaces what a vendor documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.pace import NO_LIMITS, CallLimit, CallLimits, LocalBudget, sliding_window

# warehouse-apis.md: ShipBob accepts 150 calls in any minute, Amazon 2 a second with a burst of 30 for each operation.
WINDOW = sliding_window(150, 60, burst=30)
EACH = CallLimits(
    CallLimit(30, 2.0), per_operation=True, operations={"createFulfillmentOrder": CallLimit(5, 1.0)}
)


@given(pauses=st.lists(st.floats(0, 40), min_size=200, max_size=400))
def test_no_window_has_more_calls_than_it_accepts(pauses: list[float]) -> None:
    now = 0.0
    calls: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    budget = LocalBudget(WINDOW.burst, WINDOW.per_second, clock=lambda: now, sleep=sleep)
    for index, pause in enumerate(pauses):
        now += pause if index % 40 == 0 else 0.0
        budget.acquire()
        calls.append(now)
    # The widest window that begins at a call and is open at its end.
    most = max(sum(start <= at < start + 60 - 1e-6 for at in calls) for start in calls)
    assert 30 <= most <= 150


def test_a_larger_burst_leaves_a_slower_rate() -> None:
    assert sliding_window(150, 60, burst=30) == CallLimit(30, 2.0)
    assert sliding_window(150, 60, burst=90) == CallLimit(90, 1.0)


@pytest.mark.parametrize(("burst", "per_second"), [(0, 1.0), (1, 0.0), (1, -1.0), (1, float("inf"))])
def test_a_limit_that_accepts_no_call_is_a_mistake(burst: int, per_second: float) -> None:
    with pytest.raises(ValueError, match="accepts none"):
        CallLimit(burst, per_second)


def test_a_window_that_is_all_burst_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="accepts none"):
        sliding_window(150, 60, burst=150)


def test_an_operation_has_a_bucket_of_its_own_only_if_the_remote_counts_so() -> None:
    assert EACH.bucket_of("getFulfillmentOrder") == "getFulfillmentOrder"
    together = CallLimits(CallLimit(30, 2.0), operations={"export": CallLimit(1, 0.1)})
    assert together.bucket_of("get") == together.bucket_of("") == ""
    assert together.bucket_of("export") == "export"
    assert (together.limit_of(""), together.limit_of("export")) == (CallLimit(30, 2.0), CallLimit(1, 0.1))


def test_what_is_agreed_replaces_what_is_documented_in_every_bucket() -> None:
    agreed = EACH.agreed(None, 10.0)
    assert agreed.limit_of("get") == CallLimit(30, 10.0)
    assert agreed.limit_of("createFulfillmentOrder") == CallLimit(5, 10.0)
    assert EACH.agreed(3, None).limit_of("get") == CallLimit(3, 2.0)
    assert EACH.agreed(None, None) is EACH


def test_where_no_limit_is_documented_a_rate_limits_and_a_burst_alone_does_not() -> None:
    assert NO_LIMITS.agreed(None, 2.5).limit == CallLimit(3, 2.5)
    assert NO_LIMITS.agreed(20, 2.5).limit == CallLimit(20, 2.5)
    assert NO_LIMITS.agreed(20, None).limit is None
