"""How differently spelled SKUs are compared."""

from __future__ import annotations

from cartage.model.skus import folded


def test_letter_case_and_surrounding_blanks_make_no_difference() -> None:
    assert folded(" Mug-RED ") == folded("mug-red")
    assert folded("STRASSE") == folded("straße")


def test_inner_blanks_and_punctuation_make_a_difference() -> None:
    assert len({folded("MUG-RED"), folded("MUG RED"), folded("MUGRED")}) == 3
