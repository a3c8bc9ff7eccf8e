"""Dividing lines among cartons or parts loses and adds nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cartage_sandbox.extensiv.data.model import Item, Line
from cartage_sandbox.extensiv.operations.shares import shares

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ITEM = Item(1, 12, 1, "MUG", "Mug", None, NOW, NOW)


def lines_of(quantities: list[Decimal]) -> list[Line]:
    return [Line(number, ITEM, qty, Decimal(0), {}) for number, qty in enumerate(quantities)]


def quantities(*given: str) -> list[list[tuple[int, Decimal]]]:
    """Return the shares of lines of these quantities, in two parts."""
    return [
        [(line.order_item_id, qty) for line, qty in share]
        for share in shares(lines_of([Decimal(each) for each in given]), 2)
    ]


def test_enough_lines_are_shared_out_whole() -> None:
    assert quantities("5", "1", "2") == [[(0, Decimal(5)), (2, Decimal(2))], [(1, Decimal(1))]]


def test_a_single_line_is_divided_by_units() -> None:
    assert quantities("5") == [[(0, Decimal(3))], [(0, Decimal(2))]]


def test_a_single_unit_stays_a_single_share() -> None:
    assert quantities("1") == [[(0, Decimal(1))]]


def test_a_fractional_quantity_is_not_divided_further() -> None:
    assert quantities("2.5") == [[(0, Decimal("2.5"))]]


@given(
    st.lists(st.decimals("0.25", "50", places=2), min_size=1, max_size=6),
    st.integers(1, 6),
)
def test_shares_are_never_empty_and_add_up_to_the_lines(given_quantities: list[Decimal], parts: int) -> None:
    lines = lines_of(given_quantities)
    divided = shares(lines, parts)
    total: dict[int, Decimal] = defaultdict(Decimal)
    for share in divided:
        assert share
        for line, qty in share:
            assert qty > 0
            total[line.order_item_id] += qty
    assert len(divided) <= parts
    assert total == {line.order_item_id: line.qty for line in lines}
