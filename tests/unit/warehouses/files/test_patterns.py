"""Patterns overlap exactly if some name matches both."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.wildcards import matches
from cartage.warehouses.files.patterns import first_overlap, overlap

_NAMES = ["".join(letters) for size in range(6) for letters in itertools.product("ab", repeat=size)]
_pattern = st.text("ab*?", max_size=4)


@given(_pattern, _pattern)
def test_patterns_overlap_if_a_name_matches_both(pattern: str, other: str) -> None:
    both = any(matches(pattern, name) and matches(other, name) for name in _NAMES)
    # A name of both needs no more letters than both have together.
    if len(pattern.replace("*", "")) + len(other.replace("*", "")) <= 5:
        assert overlap(pattern, other) is both
    elif both:
        assert overlap(pattern, other)
    assert overlap(pattern, other) is overlap(other, pattern)


@pytest.mark.parametrize(
    ("pattern", "other", "expected"),
    [
        ("shp_*.csv", "SHP_1.CSV", True),
        ("shp_*", "*.csv", True),
        ("shp_*.csv", "inv_*.csv", False),
        ("a_shp_*", "b_shp_*", False),
        ("*", "x", True),
        ("*a*b*", "*b*a*", True),
        ("?", "", False),
    ],
)
def test_letter_case_does_not_tell_names_apart(pattern: str, other: str, expected: bool) -> None:
    assert overlap(pattern, other) is expected


def test_the_first_pair_is_named() -> None:
    assert first_overlap(["ack_*", "shp_*"], ["inv_*", "*_1.csv"]) == ("ack_*", "*_1.csv")
    assert first_overlap(["ack_*"], ["inv_*"]) is None
