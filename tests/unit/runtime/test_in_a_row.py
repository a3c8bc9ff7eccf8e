"""Failures in a row: calls count in the order in which they began, in whatever order they end."""

from __future__ import annotations

from itertools import permutations

import pytest

from cartage.runtime.in_a_row import FailuresInARow


def count(ends: list[tuple[int, bool]]) -> int:
    failures = FailuresInARow()
    for number, worked in ends:
        (failures.add_worked if worked else failures.add_failed)(number)
    return len(failures)


@pytest.mark.parametrize(
    ("began", "in_a_row"),
    [
        ([], 0),
        ([True, True], 0),
        ([False, False, False], 3),
        ([True, False, False], 2),
        ([False, False, True], 0),
        ([False, True, False, False], 2),
        ([False, True, False, True, False], 1),
    ],
)
def test_what_counts_are_the_failures_that_began_after_the_last_call_that_worked(
    began: list[bool], in_a_row: int
) -> None:
    orders = list(permutations(enumerate(began)))
    assert orders
    assert {count(list(ends)) for ends in orders} == {in_a_row}


def test_a_slow_call_that_began_before_an_outage_forgets_none_of_its_failures() -> None:
    assert count([(1, False), (2, False), (0, True), (3, False)]) == 3
