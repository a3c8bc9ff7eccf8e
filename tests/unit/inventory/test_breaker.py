"""When a push of stock is not believed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cartage.inventory.breaker import Bounds, BreakerVerdict, Compared, check_push
from cartage.model.stock import Reason

BOUNDS = Bounds(zero_share=0.1, swing_share=0.3, swing=0.5, swing_units=10, min_entries=3)


def stocks(*pairs: tuple[int, int]) -> list[Compared]:
    return [Compared((number, ""), Decimal(before), after) for number, (before, after) in enumerate(pairs, 1)]


def reasons(*pairs: tuple[int, int], **more: object) -> tuple[Reason, ...]:
    return check_push(stocks(*pairs), BOUNDS, **more).reasons  # type: ignore[arg-type]


def test_what_changes_a_little_is_believed() -> None:
    assert check_push(stocks(*[(40, 30)] * 9, (5, 0)), BOUNDS) == BreakerVerdict(compared=10)


def test_too_many_that_go_to_nothing_are_not() -> None:
    verdict = check_push(stocks(*[(5, 0)] * 3, *[(5, 5)] * 17), BOUNDS)
    assert (verdict.reasons, verdict.zeroed, verdict.compared) == ((Reason.ZEROED,), 3, 20)
    assert verdict.suspects == {(1, ""), (2, ""), (3, "")}


def test_what_is_at_0_already_does_not_count() -> None:
    assert reasons(*[(0, 0)] * 50, *[(-3, 0)] * 50, *[(5, 5)] * 50) == ()


def test_the_share_is_of_what_is_in_stock() -> None:
    assert reasons(*[(5, 0)] * 3, *[(0, 0)] * 97) == (Reason.ZEROED,)


@pytest.mark.parametrize(
    ("change", "swings"),
    [
        ((10, 30), True),
        ((30, 10), True),
        ((0, 10), True),
        ((15, 30), False),
        ((1, 10), False),
        ((0, 9), False),
    ],
)
def test_a_swing_is_large_in_share_and_in_units(change: tuple[int, int], swings: bool) -> None:
    assert reasons(*[change] * 4, *[(7, 7)] * 6) == ((Reason.SWUNG,) if swings else ())


def test_few_entries_pause_nothing_unless_they_are_all() -> None:
    assert reasons((5, 0), (5, 0), *[(5, 5)] * 3) == ()
    assert reasons((5, 0), (5, 0)) == (Reason.ZEROED,)
    assert reasons((5, 0)) == ()


def test_a_faulty_response_pauses_whatever_its_figures() -> None:
    assert reasons((5, 5), faults=[Reason.STALE, Reason.EMPTY]) == (Reason.EMPTY, Reason.STALE)
    assert reasons((5, 5), faults=[Reason.STALE], waived=[Reason.STALE]) == ()


def test_what_a_person_approved_does_not_count_and_all_else_does() -> None:
    pairs = [*[(5, 0)] * 6, *[(5, 5)] * 14]
    six = {(number, "") for number in range(1, 7)}
    assert reasons(*pairs, believed=six) == ()
    verdict = check_push(stocks(*[(5, 0)] * 10, *[(5, 5)] * 10), BOUNDS, believed=six)
    assert verdict.suspects == {(number, "") for number in range(7, 11)}
