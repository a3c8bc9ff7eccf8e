"""Interchanges: segments, envelopes and control numbers. It knows no set.

Sources: connectors.md sections 6.1 and 6.5 (separators from the ISA, numbers compared as numbers).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

Segment = tuple[str, ...]

_ISA_ELEMENTS = 16


class Unreadable(ValueError):
    """A file is no interchange, or its envelope does not fit."""


@dataclass(frozen=True)
class TransactionSet:
    """A set between ST and SE. `faults` says what is wrong with its own envelope."""

    kind: str
    control: str
    segments: tuple[Segment, ...]
    faults: tuple[str, ...] = ()

    def first(self, name: str) -> Segment:
        """Return the first segment of this name; empty if there is none."""
        return next((segment for segment in self.segments if segment[0] == name), ())


@dataclass(frozen=True)
class Group:
    """A functional group between GS and GE."""

    code: str
    sender: str
    receiver: str
    control: str
    version: str
    sets: tuple[TransactionSet, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interchange:
    """What is between ISA and IEA."""

    sender: str
    receiver: str
    control: str
    groups: tuple[Group, ...] = field(default=())


def element(segment: Segment, place: int) -> str:
    """Return the element with this number, from 1; empty if the segment ends before it."""
    return segment[place] if place < len(segment) else ""


def interchanges(text: str) -> Iterator[Interchange]:
    """Yield the interchanges of a file. Raises Unreadable if it does not begin with an ISA, or has no end."""
    segments = list(_segments(text.lstrip("\ufeff \r\n")))
    start = None
    for place, segment in enumerate(segments):
        if segment[0] == "ISA":
            start = place
        elif segment[0] == "IEA":
            if start is None:
                raise Unreadable("IEA without ISA")
            yield _interchange(segments[start : place + 1])
            start = None
    if start is not None:
        raise Unreadable("ISA without IEA")


def _segments(text: str) -> Iterator[Segment]:
    if not text.startswith("ISA") or len(text) < _ISA_ELEMENTS:
        raise Unreadable("no ISA at the beginning")
    separator = text[3]
    parts = text.split(separator, _ISA_ELEMENTS)
    if len(parts) <= _ISA_ELEMENTS or len(parts[_ISA_ELEMENTS]) < 2:
        raise Unreadable("the ISA is cut off")
    # The last element of the ISA has one character, and the one after it ends every segment.
    terminator = parts[_ISA_ELEMENTS][1]
    for piece in text.split(terminator):
        stripped = piece.strip()
        if stripped:
            yield tuple(stripped.split(separator))


def _interchange(segments: Sequence[Segment]) -> Interchange:
    isa = segments[0]
    groups: list[Group] = []
    start = None
    for place, segment in enumerate(segments):
        if segment[0] == "GS":
            start = place
        elif segment[0] == "GE" and start is not None:
            groups.append(_group(segments[start : place + 1]))
            start = None
    return Interchange(
        element(isa, 6).strip(), element(isa, 8).strip(), element(isa, 13).strip(), tuple(groups)
    )


def _group(segments: Sequence[Segment]) -> Group:
    head, tail = segments[0], segments[-1]
    sets: list[TransactionSet] = []
    start = None
    for place, segment in enumerate(segments):
        if segment[0] == "ST":
            start = place
        elif segment[0] == "SE" and start is not None:
            sets.append(_set(segments[start : place + 1]))
            start = None
    faults = []
    if _number(element(tail, 1)) != len(sets):
        faults.append("GE01")
    if _number(element(tail, 2)) != _number(element(head, 6)):
        faults.append("GE02")
    return Group(
        element(head, 1),
        element(head, 2).strip(),
        element(head, 3).strip(),
        element(head, 6),
        element(head, 8),
        tuple(sets),
        tuple(faults),
    )


def _set(segments: Sequence[Segment]) -> TransactionSet:
    head, tail = segments[0], segments[-1]
    faults = []
    if _number(element(tail, 1)) != len(segments):
        faults.append("SE01")
    if element(tail, 2) != element(head, 2):
        faults.append("SE02")
    return TransactionSet(element(head, 1), element(head, 2), tuple(segments[1:-1]), tuple(faults))


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


@dataclass(frozen=True)
class Envelope:
    """Who writes to whom, and with which separators."""

    sender: str
    receiver: str
    separator: str = "*"
    terminator: str = "~"
    line_end: str = "\n"
    component: str = ">"
    version: str = "004010"

    def written(
        self, code: str, control: int, at: datetime, sets: Sequence[tuple[str, Sequence[Segment]]]
    ) -> str:
        """Return an interchange with one group of these sets, all under one control number."""
        rows: list[Segment] = [
            (
                "ISA",
                "00",
                " " * 10,
                "00",
                " " * 10,
                "ZZ",
                f"{self.sender:<15}",
                "ZZ",
                f"{self.receiver:<15}",
                f"{at:%y%m%d}",
                f"{at:%H%M}",
                "U",
                self.version[:5] if self.version.startswith("00") else "00401",
                f"{control:09d}",
                "0",
                "P",
                self.component,
            ),
            (
                "GS",
                code,
                self.sender,
                self.receiver,
                f"{at:%Y%m%d}",
                f"{at:%H%M}",
                str(control),
                "X",
                self.version,
            ),
        ]
        for number, (kind, segments) in enumerate(sets, 1):
            name = f"{number:04d}"
            rows += [("ST", kind, name), *segments, ("SE", str(len(segments) + 2), name)]
        rows += [("GE", str(len(sets)), str(control)), ("IEA", "1", f"{control:09d}")]
        return "".join(self._line(row) for row in rows)

    def _line(self, row: Segment) -> str:
        text = row if row[0] == "ISA" else _trimmed(row)
        return self.separator.join(map(self._clean, text)) + self.terminator + self.line_end

    def _clean(self, value: str) -> str:
        """Return an element without separators, which would break its segment."""
        if value == self.component:
            return value
        for character in (self.separator, self.terminator, self.component, "\r", "\n"):
            value = value.replace(character, " ")
        return value


def _trimmed(row: Segment) -> Segment:
    """Return a segment without empty elements at its end."""
    end = len(row)
    while end > 1 and not row[end - 1]:
        end -= 1
    return row[:end]
