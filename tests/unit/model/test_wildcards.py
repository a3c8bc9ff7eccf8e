"""Patterns: `*` and `?` are wildcards; letter case and surrounding blanks make no difference."""

from __future__ import annotations

import pytest

from cartage.model.wildcards import like_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("GIFT-*", "gift-25", True),
        ("GIFT-*", "A-GIFT-25", False),
        ("gift-??", "GIFT-25 ", True),
        ("gift-??", "GIFT-250", False),
        ("A.B[1]", "a.b[1]", True),
        ("A.B", "AXB", False),
        ("*PO*number*", "PO number?", True),
        ("*gift message*", "Your Gift Message\nto them", True),
        ("", "anything", False),
        ("*", "", True),
    ],
)
def test_a_pattern_matches_only_the_whole_text(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@pytest.mark.parametrize(
    ("pattern", "like"), [("*2nd day*", "%2nd day%"), ("50% off_?", r"50\% off\__"), (r"a\b", r"a\\b")]
)
def test_a_pattern_matches_the_same_texts_in_sql(pattern: str, like: str) -> None:
    assert like_pattern(pattern) == like
