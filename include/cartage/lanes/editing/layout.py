"""Keep the layout of a text across an edit by a library that writes the whole text in a layout of its own."""

from __future__ import annotations

from collections import defaultdict
from difflib import SequenceMatcher


def keep_layout(original: str, written: str, edited: str) -> str:
    """Return the original text with the changes between `written` and `edited`, line by line.

    `written` is the original as the library writes it without an edit. The two may differ in blanks within lines and in
    how a value is spread over lines. New and changed lines get the original's line end. Comments and blank lines are
    never removed, and new lines come before the comments that follow the line to which they are added.
    """
    line_end = "\r\n" if "\r\n" in original else "\n"
    before, after = written.splitlines(), edited.splitlines()
    originals = _original_lines(original.splitlines(keepends=True), before)
    result: list[str] = []
    for change, low, high, new_low, new_high in SequenceMatcher(
        a=before, b=after, autojunk=False
    ).get_opcodes():
        old = [line for index in range(low, high) for line in originals[index]]
        if change == "equal":
            result += old
            continue
        new = after[new_low:new_high]
        at = len(result)
        while change == "insert" and at and _is_comment(result[at - 1]):
            at -= 1
        result[at:at] = [line + line_end for line in new]
        said = {line.strip() for line in new}
        result += [line for line in old if _is_comment(line) and line.strip() not in said]
    return _joined(result, line_end, ends=original.endswith("\n"))


def _original_lines(original: list[str], written: list[str]) -> defaultdict[int, list[str]]:
    """Return the original lines by index in `written`; a value spread over other lines is with its first line."""
    matcher = SequenceMatcher(
        a=[_without_blanks(line) for line in original],
        b=[_without_blanks(line) for line in written],
        autojunk=False,
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for change, low, high, new_low, _ in matcher.get_opcodes():
        for step, line in enumerate(original[low:high]):
            found[new_low + step if change == "equal" else min(new_low, len(written) - 1)].append(line)
    return found


def _without_blanks(line: str) -> str:
    return "".join(line.split())


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _joined(lines: list[str], line_end: str, *, ends: bool) -> str:
    """Join lines, of which one may lack its end: the original's last line, if that had none."""
    text = "".join(line if line.endswith("\n") else line + line_end for line in lines)
    return text if ends else text.removesuffix(line_end)
