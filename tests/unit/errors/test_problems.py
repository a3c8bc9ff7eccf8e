"""Fingerprints: the same problem of many orders is one cause, a different problem is another."""

from __future__ import annotations

from cartage.errors.problems import Problem, ProblemKind


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


def test_a_fingerprint_names_its_kind_and_hides_its_subject() -> None:
    fingerprint = Problem(ProblemKind.UNMAPPED_SHIP_METHOD, "to Robin Example", "", "").fingerprint
    assert fingerprint.startswith("unmapped_ship_method-")
    assert "Robin" not in fingerprint
