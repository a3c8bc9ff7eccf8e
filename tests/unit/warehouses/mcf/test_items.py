"""The ids of an order's items are unique in the order, and lead back to the store's lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.orders import RequestLine
from cartage.warehouses.mcf.items import item_ids, line_id_of


@given(st.lists(st.integers(min_value=0, max_value=5), max_size=30))
def test_ids_are_unique_and_lead_back_to_the_line(numbers: list[int]) -> None:
    ids = item_ids([RequestLine(number, "MUG", Decimal(1)) for number in numbers])
    assert len(set(ids)) == len(numbers)
    assert [line_id_of(item_id) for item_id in ids] == numbers


@pytest.mark.parametrize("item_id", ["", "line-1", "71-", "71-a", "-2", "\u0661"])
def test_an_id_of_another_system_is_no_line_of_ours(item_id: str) -> None:
    assert line_id_of(item_id) is None
