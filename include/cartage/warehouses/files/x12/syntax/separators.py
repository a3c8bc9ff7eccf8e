"""Find the interchanges of a text, and the separators of each in its ISA segment.

The ISA has 16 elements of fixed width, but files with trimmed, wrapped or collapsed padding are common: so elements
are counted, and never looked for at a position (connectors.md, section 6.5).
"""

from __future__ import annotations

from dataclasses import dataclass

_ELEMENTS = 16
# The segment has 106 characters; some files have line breaks in it.
_LONGEST = 400
_BREAKS = "\r\n"
_BLANKS = " \t\r\n"
# What follows an ISA segment.
_NEXT = ("GS", "TA", "IE")


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that separate; `component` and `repetition` are empty where there are none."""

    element: str = "*"
    terminator: str = "~"
    component: str = ">"
    repetition: str = ""


@dataclass(frozen=True, slots=True)
class InterchangeHeader:
    """An ISA segment: `elements[5]` is ISA05. It begins at `start`, and what follows it at `end`."""

    elements: tuple[str, ...]
    separators: Separators
    start: int
    end: int


def headers(text: str) -> list[InterchangeHeader]:
    """Return the header of every interchange, in their sequence. `ISA` inside of data is no header."""
    found = []
    at = text.find("ISA")
    while at >= 0:
        header = _header_at(text, at)
        if header:
            found.append(header)
        at = text.find("ISA", header.end if header else at + 3)
    return found


def _header_at(text: str, at: int) -> InterchangeHeader | None:
    element = text[at + 3 : at + 4]
    if not element or element.isalnum() or element in _BLANKS or not _begins_segment(text, at, element):
        return None
    parts = text[at : at + _LONGEST].split(element, _ELEMENTS)
    if len(parts) <= _ELEMENTS:
        return None
    values = [_visible(part) for part in parts[:_ELEMENTS]]
    # Qualifiers and indicators are short; where they are not, an element is missing and the next segment was counted.
    if max(map(len, (values[1], values[3], values[5], values[7]))) > 2 or len(values[15]) > 1:
        return None
    ending = _ending(parts[_ELEMENTS])
    if ending is None:
        return None
    component, terminator, used = ending
    length = sum(map(len, parts[:_ELEMENTS])) + _ELEMENTS + used
    repetition = values[11] if len(values[11]) == 1 and not values[11].isalnum() else ""
    return InterchangeHeader(
        (*values, component), Separators(element, terminator, component, repetition), at, at + length
    )


def _begins_segment(text: str, at: int, element: str) -> bool:
    """Return whether a segment may begin here: at the start, after a line break, or after a terminator."""
    before = at - 1
    while before >= 0 and text[before] in _BLANKS:
        before -= 1
    broken = "\n" in text[before + 1 : at] or "\r" in text[before + 1 : at]
    return before < 0 or (text[before] != element and (broken or not text[before].isalnum()))


def _ending(tail: str) -> tuple[str, str, int] | None:
    """Return ISA16, the terminator, and how many characters they take. ISA16 may be a blank, or missing."""
    for component in (tail[:1], ""):
        rest = tail[len(component) :]
        after = rest.lstrip(_BLANKS)
        if rest[:1] in _BREAKS and after.startswith(_NEXT):
            return component, "\n", len(tail) - len(after)
        if after and not after[0].isalnum() and after[1:].lstrip(_BLANKS).startswith(_NEXT):
            return component, after[0], len(tail) - len(after) + 1
    if len(tail) < 2 or tail[1].isalnum() or tail[1] in " \t":
        return None
    return tail[0], "\n" if tail[1] in _BREAKS else tail[1], 2


def _visible(element: str) -> str:
    """Return an element without padding, and without the line ends and control characters that got into it."""
    return "".join(filter(str.isprintable, element)).strip()
