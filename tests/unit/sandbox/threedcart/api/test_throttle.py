"""The leaky bucket: how many calls it accepts in any period."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage_sandbox.kernel.buckets import LeakyBucket


@given(gaps=st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=300))
def test_no_period_accepts_more_calls_than_size_plus_leak(gaps: list[float]) -> None:
    bucket, now, admitted = LeakyBucket(), 0.0, []
    for gap in gaps:
        now += gap
        if bucket.wait_for_room(now, 50, 2.0) == 0:
            admitted.append(now)
    for first, since in enumerate(admitted):
        assert len(admitted) - first <= 50 + (admitted[-1] - since) * 2.0 + 1


def test_the_returned_wait_is_just_long_enough() -> None:
    bucket = LeakyBucket()
    assert [bucket.wait_for_room(0.0, 3, 2.0) for _ in range(3)] == [0, 0, 0]
    wait = bucket.wait_for_room(0.0, 3, 2.0)
    assert wait == pytest.approx(0.5)
    assert bucket.wait_for_room(wait - 0.01, 3, 2.0) > 0
    assert bucket.wait_for_room(wait, 3, 2.0) == 0


def test_a_bucket_that_never_leaks_accepts_no_further_call() -> None:
    bucket = LeakyBucket()
    bucket.wait_for_room(0.0, 1, 0.0)
    assert bucket.wait_for_room(1e9, 1, 0.0) == float("inf")
