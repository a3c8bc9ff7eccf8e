"""How SKUs are compared when they are not spelled alike."""

from __future__ import annotations

from cartage.model.skus import folded


def test_case_and_blanks_at_the_ends_make_no_difference() -> None:
    assert folded(" Mug-RED ") == folded("mug-red")
    assert folded("STRASSE") == folded("straße")


def test_blanks_and_signs_inside_do() -> None:
    assert len({folded("MUG-RED"), folded("MUG RED"), folded("MUGRED")}) == 3
