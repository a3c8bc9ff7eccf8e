from __future__ import annotations

import ast

import pytest

from tests.faults.mutations.catalogue import MUTATIONS, Mutation
from tests.faults.mutations.copying import PROJECT, Inapplicable, changed

each = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)


@each
def test_every_mutation_applies_and_gives_valid_python(mutation: Mutation) -> None:
    text = changed(mutation)
    ast.parse(text)
    assert text != (PROJECT / mutation.file).read_text()


@each
def test_every_test_that_a_mutation_names_exists(mutation: Mutation) -> None:
    for test in mutation.tests:
        path, _, name = test.partition("::")
        assert (PROJECT / path).exists()
        assert not name or f"def {name.partition('[')[0]}(" in (PROJECT / path).read_text()


def test_a_mutation_that_does_not_apply_is_an_error() -> None:
    gone = Mutation("gone", "", MUTATIONS[0].file, "no such text", "", ())
    with pytest.raises(Inapplicable, match="found 0 times"):
        changed(gone)


def test_mutation_names_are_unique() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 8
