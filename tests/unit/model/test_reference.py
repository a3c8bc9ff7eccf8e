"""References: unique for each fulfillment order and valid at every warehouse, or an error."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.reference import MAX_LENGTH, ReferenceTooLong, make_reference
from cartage.warehouses.references import base_reference

_CODES = st.from_regex(r"[A-Z][A-Z0-9]{1,3}", fullmatch=True)
_KEYS = st.tuples(
    _CODES, st.integers(1, 9_999_999), st.integers(0, 99_999), st.integers(0, 25), st.integers(0, 25)
)


def test_a_reference_names_store_order_and_ship_group() -> None:
    assert make_reference("A3K", 31882, 0) == "A3K_31882_0"


def test_a_later_generation_adds_a_letter() -> None:
    assert make_reference("A3K", 31882, 0, 1) == "A3K_31882_0B"
    assert make_reference("A3K", 31882, 0, 25) == "A3K_31882_0Z"


def test_a_further_part_adds_its_letter_and_its_generations() -> None:
    assert make_reference("A3K", 31882, 0, 0, 1) == "A3K_31882_0BA"
    assert make_reference("A3K", 31882, 0, 1, 1) == "A3K_31882_0BB"
    assert make_reference("A3K", 31882, 0, 25, 25) == "A3K_31882_0ZZ"


@given(_KEYS)
def test_different_orders_parts_and_generations_never_have_the_same_reference(
    key: tuple[str, int, int, int, int],
) -> None:
    read = re.fullmatch(r"([A-Z0-9]+)_(\d+)_(\d+)(?:([B-Z])|([B-Z])([A-Z]))?", make_reference(*key))
    assert read is not None
    generation = ord(read[4] or read[6] or "A") - ord("A")
    part = ord(read[5] or "A") - ord("A")
    assert (read[1], int(read[2]), int(read[3]), generation, part) == key


@given(_KEYS)
def test_every_reference_is_valid_at_every_warehouse_and_never_looks_like_a_split_child(
    key: tuple[str, int, int, int, int],
) -> None:
    reference = make_reference(*key)
    assert len(reference) <= MAX_LENGTH
    assert base_reference(reference) == reference


@pytest.mark.parametrize(
    ("code", "order_id", "shipment_id", "generation"),
    [
        ("A3K", 10**12, 10**6, 0),  # 24 characters
        ("A3K", 1, 0, 26),  # after Z
        ("A3K", 1, 0, -1),
        ("a3k", 1, 0, 0),  # not in the warehouses' alphabet
        ("A-K", 1, 0, 0),
        ("A3K", -1, 0, 0),
    ],
)
def test_a_reference_that_is_too_long_is_rejected_and_never_cut(
    code: str, order_id: int, shipment_id: int, generation: int
) -> None:
    with pytest.raises(ReferenceTooLong):
        make_reference(code, order_id, shipment_id, generation)


def test_a_reference_may_have_22_characters() -> None:
    assert make_reference("A3K", 10**11, 99_999) == f"A3K_{10**11}_99999"
