"""The 997, Functional Acknowledgment, both ways: what became of the syntax of a group and its sets.

It says nothing of the orders themselves (connectors.md, section 6.4). Our orders' files have one group, whose number is
the document's; the number of a set is the order's position in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cartage.warehouses.documents import DocumentResponse
from cartage.warehouses.files.x12.syntax.envelopes import (
    EnvelopeFault,
    FunctionalGroup,
    SetContent,
    TransactionSet,
)
from cartage.warehouses.files.x12.syntax.segments import Segment, value
from cartage.warehouses.files.x12.syntax.values import NotReadable, whole
from cartage.warehouses.files.x12.syntax.writer import Element

CODE, GROUP = "997", "FA"
_TAKEN = frozenset("AE")
_REFUSED = frozenset("RMWX")
# A group that was taken in part says of how many sets it had.
_MOST_SETS = 10_000
_LONGEST_REASON = 400

# In own words, after the standard's code lists 718, 720 and 723.
_SET_FAULTS = {
    "1": "the set is not supported",
    "2": "the set's end (SE) is missing",
    "3": "the set's control numbers differ",
    "4": "the set's count of segments is wrong",
    "5": "segments have faults",
}
_SEGMENT_FAULTS = {
    "1": "unknown segment",
    "2": "segment in the wrong place",
    "3": "segment is missing",
    "4": "loop too often",
    "5": "segment too often",
    "6": "segment is not in the set",
    "7": "segment is in the wrong sequence",
    "8": "elements have faults",
}
_OUR_CODES = {EnvelopeFault.SE: "2", EnvelopeFault.SE02: "3", EnvelopeFault.SE01: "4"}
_ELEMENT_FAULTS = {
    "1": "is missing",
    "2": "is missing beside another one",
    "3": "is one too many",
    "4": "is too short",
    "5": "is too long",
    "6": "has a character that is not allowed",
    "7": "has a code that is not allowed",
    "8": "is no date",
    "9": "is no time",
    "10": "excludes another one",
}


@dataclass(frozen=True, slots=True)
class _SetResponse:
    position: int | None
    accepted: bool
    reason: str


def read_acknowledgment(found: SetContent, group: str) -> list[DocumentResponse]:
    """Return what a 997 says about a document of ours. `group` is the functional id of our documents (OW).

    A group that was taken or refused as a whole is one response without a position; sets that it names have one each.

    Raises:
        NotReadable: if it does not say which document it is about, or what became of it.
    """
    about = found.first("AK1")
    number = whole(value(about, 2))
    if number is None or value(about, 1) != group:
        raise NotReadable("AK1: it acknowledges no group of ours")
    sets = list(_set_responses(found))
    if any(not each.accepted and not each.position for each in sets):
        raise NotReadable("AK2: it refuses a set without a number of ours")
    end = found.first("AK9")
    outcome = value(end, 1)
    if outcome in _REFUSED:
        reasons = dict.fromkeys(each.reason for each in sets if each.reason)
        return [DocumentResponse(number, False, None, "; ".join(reasons)[:_LONGEST_REASON])]
    if outcome not in _TAKEN | {"P"} and not sets:
        raise NotReadable("AK9: it does not say what became of the group")
    named = [
        DocumentResponse(number, each.accepted, each.position, each.reason) for each in sets if each.position
    ]
    if outcome in _TAKEN and all(each.accepted for each in sets):
        return [DocumentResponse(number, True)]
    return [*named, *_unnamed(number, end, named)]


def _unnamed(number: int, end: Segment, named: Sequence[DocumentResponse]) -> Iterator[DocumentResponse]:
    """Yield the sets that were taken and are not named, if the counts show that they are all the others."""
    sent, taken = whole(value(end, 2)), whole(value(end, 4))
    refused = sum(not response.accepted for response in named)
    if sent is None or taken is None or sent > _MOST_SETS or sent - taken != refused:
        return
    known = {response.position for response in named}
    yield from (
        DocumentResponse(number, True, position) for position in range(1, sent + 1) if position not in known
    )


def _set_responses(found: SetContent) -> Iterator[_SetResponse]:
    for rows in found.loops("AK2"):
        outcome = next((row for row in rows if row[0] == "AK5"), None)
        if outcome is not None:
            accepted = value(outcome, 1) in _TAKEN
            reason = "" if accepted else _reason(rows, outcome)
            yield _SetResponse(whole(value(rows[0], 2)), accepted, reason)


def _reason(rows: Sequence[Segment], outcome: Segment) -> str:
    """Return why a set was refused, without the data that AK4 repeats."""
    texts = [_SET_FAULTS.get(value(outcome, at), "") for at in range(2, 7)]
    for row in rows:
        if row[0] == "AK3":
            fault = _SEGMENT_FAULTS.get(value(row, 4), "has a fault")
            texts.append(f"{value(row, 1)[:3]} (segment {value(row, 2)[:6]}): {fault}")
        elif row[0] == "AK4":
            fault = _ELEMENT_FAULTS.get(value(row, 3), "has a fault")
            texts.append(f"element {value(row, 1)[:6]} {fault}")
    return "; ".join(filter(None, texts))[:_LONGEST_REASON]


def acknowledgment_segments(group: FunctionalGroup, taken: Sequence[TransactionSet]) -> list[list[Element]]:
    """Return the 997 that says which sets of a group were taken. Any other one is refused, with its fault."""
    accepted = {id(found) for found in taken}
    rows: list[list[Element]] = [["AK1", value(group.header, 1), group.number]]
    for found in group.sets:
        rows.append(["AK2", found.code, found.number])
        faults = sorted({_OUR_CODES[fault.fault] for fault in found.faults if fault.fault in _OUR_CODES})
        rows.append(["AK5", "A"] if id(found) in accepted else ["AK5", "R", *(faults or ["5"])])
    count, taken_count = len(group.sets), sum(id(found) in accepted for found in group.sets)
    outcome = "A" if taken_count == count else "P" if taken_count else "R"
    return [*rows, ["AK9", outcome, str(count), str(count), str(taken_count)]]
