"""How an SKU is found among similar ones."""

from __future__ import annotations

import pytest

from cartage.model.skus import Match, MatchKind
from cartage.warehouses.matching import match

ON, OFF = True, False


@pytest.mark.parametrize(
    ("sku", "candidates", "expected"),
    [
        ("AB-1", [("AB-1", ON)], Match(MatchKind.EXACT, "AB-1")),
        ("AB-1", [("ab-1", ON), ("AB-1", ON), ("AB-1 ", ON)], Match(MatchKind.EXACT, "AB-1")),
        ("AB-1 ", [("AB-1", ON)], Match(MatchKind.FOLDED, "AB-1")),
        ("AB-1 ", [("ab-1", ON), ("AB-1", ON)], Match(MatchKind.FOLDED, "AB-1")),
        ("AB-1", [("ab-1", ON)], Match(MatchKind.FOLDED, "ab-1")),
        ("Ab-1", [("ab-1", ON), ("AB-1", ON)], Match(MatchKind.AMBIGUOUS, "", ("AB-1", "ab-1"))),
        ("AB-1", [(" AB-1", ON), ("AB-1 ", ON)], Match(MatchKind.AMBIGUOUS, "", (" AB-1", "AB-1 "))),
        ("Ab-1", [("ab-1", OFF), ("AB-1", ON)], Match(MatchKind.FOLDED, "AB-1")),
        ("AB-1", [("AB-1", OFF)], Match(MatchKind.INACTIVE, "AB-1", ("AB-1",))),
        ("AB-1", [("AB-1", OFF), ("ab-1", ON)], Match(MatchKind.INACTIVE, "AB-1", ("AB-1",))),
        ("Ab-1", [("AB-1", OFF), ("ab-1", OFF)], Match(MatchKind.INACTIVE, "", ("AB-1", "ab-1"))),
        ("AB-1", [], Match(MatchKind.UNKNOWN)),
    ],
)
def test_the_nearest_spelling_wins_and_nothing_is_guessed(
    sku: str, candidates: list[tuple[str, bool]], expected: Match
) -> None:
    assert match(sku, candidates) == expected
