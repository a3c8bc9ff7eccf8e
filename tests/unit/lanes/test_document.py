from __future__ import annotations

import pytest

from cartage.lanes.document import read_document


def test_every_key_and_item_has_its_line() -> None:
    document = read_document("lanes:\n  demo:\n    methods:\n      - a\n      - b\n")
    assert document.data == {"lanes": {"demo": {"methods": ["a", "b"]}}}
    assert document.line_of(("lanes", "demo")) == 2
    assert document.line_of(("lanes", "demo", "methods", 1)) == 5


def test_a_missing_path_has_the_line_of_its_longest_part_that_exists() -> None:
    assert read_document("a:\n  b: 1\n").line_of(("a", "b", "c", "d")) == 2


def test_a_duplicate_key_is_a_fault_that_names_both_lines() -> None:
    (fault,) = read_document("a:\n  b: 1\n  c: 2\n  b: 3\n").faults
    assert (fault.path, fault.line) == (("a", "b"), 4)
    assert "first in line 2" in fault.message
    assert not fault.whole


def test_keys_are_text_as_written_never_booleans_or_numbers() -> None:
    assert read_document("on: 1\n08: 2\nnull: 3\n").data == {"on": 1, "08": 2, "null": 3}


def test_own_keys_win_over_merged_ones_in_any_order() -> None:
    text = "base: &base {a: 1, b: 1}\none: {<<: *base, b: 2}\ntwo: {b: 2, <<: *base}\n"
    data = read_document(text).data
    assert data["one"] == data["two"] == {"a": 1, "b": 2}


def test_the_first_of_several_merged_mappings_wins() -> None:
    text = "one: &one {a: 1}\ntwo: &two {a: 2, b: 2}\nboth: {<<: [*one, *two]}\n"
    assert read_document(text).data["both"] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ("a:\n\tb: 1\n", 2, "Indent with spaces"),
        ("a:\n  b: */5 * * * *\n", 2, "quotes"),
        ("a: [1, 2\nb: 3\n", 2, "quotes of this line"),
        ("a: b: c\n", 1, "quotes of this line"),
        ("a: 1\n---\nb: 2\n", 2, "Check"),
        ("a: 1\nb: \x07\n", 2, "Check"),
        ("a: *nowhere\n", 1, "quotes"),
    ],
)
def test_invalid_yaml_is_one_fault_with_its_line_and_fix(text: str, line: int, fix: str) -> None:
    (fault,) = read_document(text).faults
    assert fault.whole
    assert fault.line == line
    assert fault.message.startswith("is not valid YAML")
    assert fix in fault.fix


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
            for before, name in zip("abcdef", "bcdefg", strict=True)
        ),
        "a: &a [*a]\n",
        "a: &a {<<: *a}\n",
        "a: &a {b: &b {<<: *a}}\n",
        "a: " + "[" * 200 + "]" * 200,
        "a:\n" + "".join(f"{' ' * depth}b:\n" for depth in range(1, 100)),
    ],
    ids=["billion laughs", "holds itself", "merges itself", "merges its parent", "deep flow", "deep block"],
)
def test_a_document_that_grows_without_end_is_rejected_at_once(text: str) -> None:
    (fault,) = read_document(text).faults
    assert fault.whole
    assert "too large" in fault.message


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [x]", "!!python/name:os.system x", "!!binary aGk=", "!own x"]
)
def test_a_tag_never_builds_an_object(tag: str) -> None:
    document = read_document(f"a: {tag}\nb: 1\n")
    assert document.data["b"] == 1
    assert not any(callable(value) for value in document.data.values())


def test_an_unreadable_value_is_a_fault_of_its_own_line_only() -> None:
    document = read_document("a: 1\nb: 2026-13-45\n")
    assert [(fault.path, fault.line, fault.whole) for fault in document.faults] == [(("b",), 2, False)]


def test_an_empty_text_has_no_data() -> None:
    assert read_document("# nothing\n").data is None
