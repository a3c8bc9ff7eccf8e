"""A write leaves before the caller's deadline, or not at all."""

from __future__ import annotations

import threading

import pytest

from cartage.deadlines import DeadlineExceeded, check_deadline_now, deadline, seconds_left


def test_without_a_deadline_a_write_may_leave_at_any_time() -> None:
    assert seconds_left() is None
    check_deadline_now(longest=1e9)


def test_a_write_that_ends_before_the_deadline_may_leave() -> None:
    with deadline(60):
        left = seconds_left()
        check_deadline_now(longest=30)
    assert left is not None and 0 < left <= 60


@pytest.mark.parametrize(("seconds", "longest"), [(-1, 0), (5, 10)])
def test_a_write_that_could_end_after_the_deadline_must_not_leave(seconds: float, longest: float) -> None:
    with deadline(seconds), pytest.raises(DeadlineExceeded):
        check_deadline_now(longest)


def test_an_inner_deadline_ends_with_its_block() -> None:
    with deadline(60):
        with deadline(-1), pytest.raises(DeadlineExceeded):
            check_deadline_now()
        check_deadline_now()


def test_a_deadline_is_of_the_thread_that_opened_it() -> None:
    seen: list[float | None] = []
    with deadline(-1):
        other = threading.Thread(target=lambda: seen.append(seconds_left()))
        other.start()
        other.join()
    assert seen == [None]
