"""Cut the text of an interchange into segments, whatever was done to it on its way: wrapped, indented, broken lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cartage.warehouses.files.x12.syntax.separators import Separators

Segment = list[str]
"""A segment by its elements: `segment[0]` is its name, `segment[3]` its third element."""

_BLANKS = " \t\r\n\x1a\ufeff"
_SHORTEST_WRAP = 40


def is_blank(text: str) -> bool:
    """Return whether a text has nothing but blanks, line ends and the marks of old systems."""
    return not text.strip(_BLANKS)


def unwrapped(text: str) -> str:
    """Return a text without the ends of wrapped lines: lines that end where a width is full, whatever they hold."""
    lines = _lines(text.strip(_BLANKS))
    lengths = {len(line) for line in lines[:-1]}
    return (
        "".join(lines) if len(lines) > 2 and len(lengths) == 1 and lengths.pop() >= _SHORTEST_WRAP else text
    )


def pieces(body: str, separators: Separators) -> list[str]:
    """Return the segments of an interchange's body as text, without terminators and indents.

    A line break inside a segment stands for a terminator that is missing if a segment follows, else for nothing.
    """
    body = _without_controls(body, separators)
    if separators.terminator == "\n":
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    # One part after the other: all of a long file's, before and after stripping, would take twice the memory.
    parts = re.finditer(f"[^{re.escape(separators.terminator)}]+", body)
    found = [piece for part in parts if (piece := part[0].strip(_BLANKS))]
    if separators.terminator == "\n" or not any("\n" in piece or "\r" in piece for piece in found):
        return found
    return list(_repaired(found, separators.element))


def loops(segments: Sequence[Segment], name: str) -> list[Sequence[Segment]]:
    """Return the loops that begin with each segment of this name; what stands before the first is in none."""
    starts = [at for at, segment in enumerate(segments) if segment[0] == name]
    return [segments[start:end] for start, end in pairwise([*starts, len(segments)])]


def value(segment: Segment, position: int) -> str:
    """Return an element without padding; empty if the segment has fewer."""
    return segment[position].strip() if position < len(segment) else ""


def _repaired(found: list[str], element: str) -> Iterator[str]:
    for piece in found:
        first, *lines = _lines(piece)
        for line in lines:
            if _begins_segment(line.strip(_BLANKS), element):
                yield first.strip(_BLANKS)
                first = line.lstrip(_BLANKS)
            else:
                first += line
        yield first


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _begins_segment(line: str, element: str) -> bool:
    name, found, _ = line.partition(element)
    return bool(found) and 2 <= len(name) <= 3 and name.isalnum() and name[0].isalpha() and name.isupper()


def _without_controls(text: str, separators: Separators) -> str:
    """Remove control characters that separate nothing: no database takes a NUL, and nobody reads the others."""
    used = {separators.element, separators.terminator, separators.component, separators.repetition}
    unwanted = {
        character
        for character in set(text) - used - set("\t\r\n")
        if character < " " or "\x7f" <= character < "\xa0"
    }
    return text.translate(dict.fromkeys(map(ord, unwanted))) if unwanted else text
