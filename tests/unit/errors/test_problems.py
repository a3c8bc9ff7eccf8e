"""Fingerprints: the same problem of many orders is one cause, a different problem is another."""

from __future__ import annotations

import pytest

from cartage.errors.problems import Problem, ProblemKind, shortened


def test_the_same_problem_of_many_orders_is_one_cause() -> None:
    first = Problem(ProblemKind.UNKNOWN_SKU, "GONE-404", "unknown", "Create it.")
    second = Problem(ProblemKind.UNKNOWN_SKU, "GONE-404", "reworded in a later release", "Do it.")
    assert first.fingerprint == second.fingerprint


def test_a_different_subject_or_kind_is_a_different_cause() -> None:
    fingerprints = {
        Problem(kind, subject, "", "").fingerprint
        for kind in ProblemKind
        for subject in ("GONE-404", "gone-404", "")
    }
    assert len(fingerprints) == 3 * len(ProblemKind)


def test_spellings_that_are_compared_as_equal_are_one_cause() -> None:
    kind = ProblemKind.UNMAPPED_SHIP_METHOD
    spellings = [
        Problem(kind, subject, "no mapping", "Map it.", compared_as="priority mail")
        for subject in ("Priority Mail\N{TRADE MARK SIGN}", "PRIORITY MAIL", "Priority Mail")
    ]
    assert len({problem.fingerprint for problem in spellings}) == 1
    another = Problem(kind, "Priority Mail", "no mapping", "Map it.", compared_as="priority mail express")
    assert another.fingerprint != spellings[0].fingerprint


def test_a_fingerprint_names_its_kind_and_hides_its_subject() -> None:
    fingerprint = Problem(ProblemKind.UNMAPPED_SHIP_METHOD, "to Robin Example", "", "").fingerprint
    assert fingerprint.startswith("unmapped_ship_method-")
    assert "Robin" not in fingerprint


@pytest.mark.parametrize(
    "value", ["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "ann@example.com"]
)
@pytest.mark.parametrize("before", range(0, 60, 3))
def test_a_cut_text_never_ends_in_half_of_a_card_number_or_an_address(value: str, before: int) -> None:
    text = "x" * (before % 7) + " " + "word " * (before // 5) + value + " and more words than are shown" * 3
    cut = shortened(text, 70)
    assert len(cut) <= 70
    assert value in cut or not any(part in cut for part in (value[:4] + " ", value[:5], value[:8]))
