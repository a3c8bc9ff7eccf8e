from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cartage.lanes.editing.layout import keep_layout

LINES = st.lists(
    st.sampled_from(["a: 1", "a:   1", "  - b", "- b", "# c", "", "  # c", "d: [1,", "2]"]), max_size=12
)


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@given(original=LINES, written=LINES.filter(bool), newline=st.sampled_from(["\n", "\r\n"]))
def test_without_an_edit_the_text_stays_as_it_is(
    original: list[str], written: list[str], newline: str
) -> None:
    text = _text(original).replace("\n", newline)
    assert keep_layout(text, _text(written), _text(written)) == text


@given(original=LINES.filter(bool), edited=LINES)
def test_every_line_of_the_edit_is_in_the_result(original: list[str], edited: list[str]) -> None:
    found = keep_layout(_text(original), _text(original), _text(edited)).splitlines()
    statements = [line for line in edited if line and "#" not in line]
    assert [line for line in found if line and "#" not in line] == statements


@given(original=LINES.filter(bool), edited=LINES)
def test_comments_are_never_removed(original: list[str], edited: list[str]) -> None:
    found = keep_layout(_text(original), _text(original), _text(edited))
    assert {line.strip() for line in original if "#" in line} <= {line.strip() for line in found.splitlines()}


def test_only_the_changed_line_gets_the_librarys_layout() -> None:
    original = "a:   1\nb:   2\nc: [3,\n    4]\n"
    assert keep_layout(original, "a: 1\nb: 2\nc: [3, 4]\n", "a: 1\nb: 5\nc: [3, 4]\n") == (
        "a:   1\nb: 5\nc: [3,\n    4]\n"
    )


def test_a_new_line_stands_before_the_comments_behind_the_line_it_follows() -> None:
    original = "- a\n\n# next\nb: 1\n"
    assert keep_layout(original, original, "- a\n\n# next\n- c\nb: 1\n") == "- a\n- c\n\n# next\nb: 1\n"
