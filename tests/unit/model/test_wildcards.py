"""Patterns: `*` and `?` are wildcards; letter case and surrounding blanks make no difference."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.wildcards import matches


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
        ("*2nd day*", "UPS® 2nd  Day Air™", True),
        ("*2nd Day&lt;sup&gt;&#8482;&lt;/sup&gt;*", "ups 2nd day air", True),
        ("*Ｇift&amp;amp;Wrap*", "gift&wrap?", True),
    ],
)
def test_a_pattern_matches_only_the_whole_text(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(st.text("ab*?.", max_size=8), st.text("ab.", max_size=12))
def test_a_pattern_matches_what_the_plain_regular_expression_matches(pattern: str, text: str) -> None:
    plain = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    assert matches(pattern, text) is (re.fullmatch(plain, text, re.DOTALL) is not None)


def test_a_long_text_takes_time_by_its_length_however_many_wildcards_there_are() -> None:
    text = "ups ground " * 9_000
    started = time.process_time()
    assert not matches("*ups*ground*ups*ground*day*", text)
    assert matches("*ups*ground*ups*ground*", text)
    # With backtracking this takes longer than a person would wait.
    assert time.process_time() - started < 5
