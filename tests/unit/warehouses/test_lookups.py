"""Look-ups in groups: a refused value is found by division, and costs a few calls."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from cartage.errors import NotFound, Refused, RemoteUnavailable
from cartage.warehouses.lookups import MOST_REFUSALS, Refusal, ask_in_groups, find_each


class Remote:
    """Knows every value and refuses any group with a bad one."""

    def __init__(self, bad: Collection[str], failure: type[Refused | NotFound] = Refused) -> None:
        self.bad, self.failure = set(bad), failure
        self.calls = 0
        self.refused: list[str] = []

    def ask(self, values: Sequence[str]) -> list[str]:
        self.calls += 1
        if self.bad & set(values):
            raise self.failure("Extensiv", "GET /items", "no")
        return list(values)

    def note(self, values: Sequence[str], _refusal: Refusal) -> None:
        self.refused += values

    def answers(self, values: Sequence[str]) -> list[str]:
        return list(ask_in_groups(values, self.ask, self.note))


VALUES = [f"S{number:03}" for number in range(200)]


def test_values_are_asked_for_in_groups() -> None:
    remote = Remote([])
    assert remote.answers(VALUES) == VALUES
    assert remote.calls == 4


@pytest.mark.parametrize("failure", [Refused, NotFound])
def test_a_refused_value_is_found_and_the_others_are_answered(failure: type[Refused | NotFound]) -> None:
    remote = Remote(["S007", "S123"], failure)
    assert remote.answers(VALUES) == [value for value in VALUES if value not in remote.bad]
    assert remote.refused == ["S007", "S123"]
    assert remote.calls <= 4 + 2 * 2 * 7


def test_a_remote_that_refuses_everything_costs_a_bounded_number_of_calls() -> None:
    values = [f"S{number}" for number in range(2_000)]
    remote = Remote(values)
    assert remote.answers(values) == []
    assert sorted(remote.refused) == sorted(values)
    assert remote.calls <= MOST_REFUSALS + 2_000 / 25 + 10


def test_any_other_failure_is_raised() -> None:
    def down(_values: Sequence[str]) -> list[str]:
        raise RemoteUnavailable("Extensiv", "GET /items", "down")

    with pytest.raises(RemoteUnavailable):
        list(ask_in_groups(VALUES, down, lambda *_: None))


def test_references_that_are_refused_are_left_out() -> None:
    def find(reference: str) -> str:
        if reference == "ODD":
            raise Refused("Extensiv", "GET /orders", "no")
        return reference.lower()

    assert list(find_each(["A", "ODD", "B", "A"], find)) == [("A", "a"), ("B", "b")]
