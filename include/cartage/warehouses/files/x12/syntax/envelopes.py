"""Interchanges, groups and sets of a text, with the faults of their envelopes. Total: any text gives a list of them.

Counts and control numbers are compared as numbers, since leading zeros differ in real files (connectors.md, 6.5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from cartage.warehouses.files.x12.syntax.segments import Segment, pieces, unwrapped, value
from cartage.warehouses.files.x12.syntax.separators import InterchangeHeader, headers


class EnvelopeFault(StrEnum):
    """A fault of an envelope, named after the element or segment at fault."""

    SE01 = "se01"  # another number of segments
    SE02 = "se02"  # another control number than ST02
    SE = "se"  # the segment is missing
    GE01 = "ge01"  # another number of sets
    GE02 = "ge02"  # another control number than GS06
    GE = "ge"
    IEA01 = "iea01"  # another number of groups
    IEA02 = "iea02"  # another control number than ISA13
    IEA = "iea"


@dataclass(frozen=True, slots=True)
class FaultFound:
    """A fault, and what is wrong in a sentence for people."""

    fault: EnvelopeFault
    text: str


@dataclass(frozen=True, slots=True)
class SetContent:
    """What a set says: its code (945), and the segments between ST and SE as text.

    The elements of a large set take many times the room of its text, so they are split as they are asked for.
    """

    code: str
    element: str
    pieces: list[str]

    def segments(self) -> list[Segment]:
        """Return all segments."""
        return [piece.split(self.element) for piece in self.pieces]

    def all(self, name: str) -> Iterator[Segment]:
        """Yield the segments with this name."""
        start = name + self.element
        return (
            piece.split(self.element) for piece in self.pieces if piece.startswith(start) or piece == name
        )

    def first(self, name: str) -> Segment:
        """Return the first segment with this name; one without elements if there is none."""
        return next(self.all(name), [name])

    def loops(self, name: str) -> Iterator[list[Segment]]:
        """Yield the loops that begin with a segment of this name, one after the other."""
        loop: list[Segment] = []
        for piece in self.pieces:
            segment = piece.split(self.element)
            if segment[0] == name:
                if loop:
                    yield loop
                loop = [segment]
            elif loop:
                loop.append(segment)
        if loop:
            yield loop


@dataclass(slots=True)
class TransactionSet:
    """A set in its envelope: its code, its number, and its text by segments, with ST and SE."""

    code: str
    number: str
    element: str
    pieces: list[str]
    ended: bool = False
    faults: list[FaultFound] = field(default_factory=list)

    def content(self) -> SetContent:
        """Return what the set says."""
        return SetContent(self.code, self.element, self.pieces[1:-1] if self.ended else self.pieces[1:])


@dataclass(slots=True)
class FunctionalGroup:
    """A group: its GS segment and its sets."""

    header: Segment
    sets: list[TransactionSet] = field(default_factory=list)
    faults: list[FaultFound] = field(default_factory=list)

    @property
    def number(self) -> str:
        """The control number, GS06."""
        return value(self.header, 6)


@dataclass(slots=True)
class Interchange:
    """An interchange. `text` is all of it; `stray` are segments that are in no set and part of no envelope."""

    header: InterchangeHeader
    text: str
    groups: list[FunctionalGroup] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    faults: list[FaultFound] = field(default_factory=list)

    @property
    def number(self) -> str:
        """The control number, ISA13."""
        return self.header.elements[13]


@dataclass(frozen=True, slots=True)
class ReadText:
    """The interchanges of a text, and what stands before the first of them (a mail's header, another format)."""

    interchanges: list[Interchange]
    before: str = ""


def read_text(text: str) -> ReadText:
    """Return the interchanges of a text."""
    text = unwrapped(text)
    found = headers(text)
    if not found:
        return ReadText([], text)
    ends = [header.start for header in found[1:]] + [len(text)]
    read = [_interchange(text, header, end) for header, end in zip(found, ends, strict=True)]
    return ReadText(read, text[: found[0].start])


def same_number(number: str, other: str) -> bool:
    """Return whether two control numbers are the same, whatever zeros are before them."""
    return (number.lstrip("0") or "0") == (other.lstrip("0") or "0") if number and other else number == other


def _interchange(text: str, header: InterchangeHeader, end: int) -> Interchange:
    whole = text[header.start : end]
    builder = _Builder(Interchange(header, whole.rstrip()))
    found = pieces(text[header.end : end], header.separators)
    builder.read(found, header.separators.element)
    return builder.interchange


class _Builder:
    """Puts segments where they belong. What is left open is closed with a fault by what comes next."""

    def __init__(self, interchange: Interchange) -> None:
        self.interchange = interchange
        self._group: FunctionalGroup | None = None
        self._set: TransactionSet | None = None
        self._ended = False

    def read(self, found: list[str], element: str) -> None:
        handlers = {
            "ST": self._begin_set,
            "SE": self._end_set,
            "GS": self._begin_group,
            "GE": self._end_group,
            "IEA": self._end,
            "TA1": self._ignore,
        }
        for piece in found:
            handler = handlers.get(piece.partition(element)[0])
            if handler is not None:
                handler(piece.split(element), piece)
            elif self._set is not None:
                self._set.pieces.append(piece)
            else:
                self.interchange.stray.append(piece)
        self._close_group()
        if not self._ended:
            self.interchange.faults.append(
                FaultFound(EnvelopeFault.IEA, "the interchange has no end (IEA): the file is cut off")
            )

    def _ignore(self, segment: Segment, piece: str) -> None:
        """TA1 acknowledges an interchange of ours, and says nothing that a 997 does not."""

    def _begin_group(self, segment: Segment, piece: str) -> None:
        self._close_group()
        self._group = FunctionalGroup(segment)
        self.interchange.groups.append(self._group)

    def _begin_set(self, segment: Segment, piece: str) -> None:
        self._close_set()
        if self._group is None:
            # A set outside of any group belongs to no partner's application.
            self._group = FunctionalGroup(["GS"])
            self.interchange.groups.append(self._group)
        self._set = TransactionSet(
            value(segment, 1), value(segment, 2), self.interchange.header.separators.element, [piece]
        )
        self._group.sets.append(self._set)

    def _end_set(self, segment: Segment, piece: str) -> None:
        if self._set is None:
            self.interchange.stray.append(piece)
            return
        found = self._set
        found.pieces.append(piece)
        found.ended = True
        _compare(found.faults, EnvelopeFault.SE01, value(segment, 1), str(len(found.pieces)), "segments")
        _compare(found.faults, EnvelopeFault.SE02, value(segment, 2), found.number)
        self._set = None

    def _end_group(self, segment: Segment, piece: str) -> None:
        self._close_set()
        if self._group is None:
            self.interchange.stray.append(piece)
            return
        group = self._group
        _compare(group.faults, EnvelopeFault.GE01, value(segment, 1), str(len(group.sets)), "sets")
        _compare(group.faults, EnvelopeFault.GE02, value(segment, 2), group.number)
        self._group = None

    def _end(self, segment: Segment, piece: str) -> None:
        self._close_group()
        if self._ended:
            self.interchange.stray.append(piece)
            return
        self._ended = True
        faults, groups = self.interchange.faults, self.interchange.groups
        _compare(faults, EnvelopeFault.IEA01, value(segment, 1), str(len(groups)), "groups")
        _compare(faults, EnvelopeFault.IEA02, value(segment, 2), self.interchange.number)

    def _close_set(self) -> None:
        if self._set is not None:
            self._set.faults.append(
                FaultFound(EnvelopeFault.SE, "the set has no end (SE): a part of it may be missing")
            )
            self._set = None

    def _close_group(self) -> None:
        self._close_set()
        if self._group is not None:
            self._group.faults.append(
                FaultFound(EnvelopeFault.GE, "the group has no end (GE): sets of it may be missing")
            )
            self._group = None


def _compare(
    faults: list[FaultFound], fault: EnvelopeFault, said: str, actual: str, counted: str = ""
) -> None:
    if same_number(said, actual):
        return
    there = f"the number of {counted} is {actual}" if counted else f"the beginning has {actual or 'nothing'}"
    faults.append(FaultFound(fault, f"{fault.value.upper()} says {said or 'nothing'}, but {there}"))
