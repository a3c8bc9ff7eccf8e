"""Which sets of a file may be used, and what is kept for a person instead, with its reason. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cartage.warehouses.documents import QuarantinedText
from cartage.warehouses.files.x12.settings import ForeignSets, Lenient, PartySettings, X12Settings
from cartage.warehouses.files.x12.syntax.envelopes import (
    FaultFound,
    FunctionalGroup,
    Interchange,
    ReadText,
    TransactionSet,
)
from cartage.warehouses.files.x12.syntax.segments import is_blank, value
from cartage.warehouses.files.x12.syntax.text import DecodedText
from cartage.warehouses.files.x12.syntax.values import whole

_LONGEST_ID = 30
_FIX_FAULT = (
    "Compare it with what the partner sent, and ask them to send it again; or release it to read it in spite of the "
    "fault. If all their files have this fault, add {fault} to lenient."
)
_FIX_FOREIGN = (
    "Check us and partner in the lane's X12 settings. If the partner puts files of others into this folder, set "
    "foreign: ignore."
)


@dataclass(frozen=True, slots=True)
class AdmittedSet:
    """A set that may be used, with its envelope."""

    found: TransactionSet
    group: FunctionalGroup
    interchange: Interchange

    @property
    def where(self) -> str:
        """Its place for people."""
        number = self.found.number or "without number"
        return f"set {self.found.code} {number} of group {self.group.number or 'without number'}"


@dataclass(slots=True)
class Admission:
    """The sets that may be used, and what may not."""

    admitted: list[AdmittedSet] = field(default_factory=list)
    quarantined: list[QuarantinedText] = field(default_factory=list)
    # The groups whose sets were judged one by one, and the codes of what is held.
    judged: list[FunctionalGroup] = field(default_factory=list)
    held_codes: set[str] = field(default_factory=set)


class Gate:
    """Decides which sets of a file may be used. With `released`, a person wants them in spite of their faults."""

    def __init__(self, text: DecodedText, settings: X12Settings, *, released: bool) -> None:
        self._text = text
        self._settings = settings
        self._released = released
        self._result = Admission()

    def admit(self, read: ReadText) -> Admission:
        """Return the sets that may be used, and everything else with its reason."""
        if not read.interchanges:
            self._hold_all(read.before)
        elif not is_blank(read.before):
            self._hold(read.before, "there is text before the first interchange (ISA)", _ASK, "beginning")
        for interchange in read.interchanges:
            self._interchange(interchange)
        return self._result

    def _hold_all(self, text: str) -> None:
        empty = is_blank(text)
        reason = "the file is empty" if empty else "the file is no X12: it has no interchange (ISA segment)"
        self._hold(text, reason, _ASK, "file")

    def _interchange(self, interchange: Interchange) -> None:
        where = f"interchange {interchange.number or 'without number'}"
        codes = [found.code for group in interchange.groups for found in group.sets]
        fields = interchange.header.elements
        if self._is_foreign((fields[6], fields[8]), "id"):
            self._foreign(interchange.text, where, codes, (fields[6], fields[8]))
            return
        reason, fix = self._reason(interchange.faults)
        if not reason and fields[15] == "T" and self._settings.production and not self._passes(Lenient.TEST):
            reason, fix = "it is marked as a test (ISA15 T), and this lane is in production", _FIX_TEST
        if reason:
            self._hold(interchange.text, reason, fix, where, codes)
            return
        if interchange.stray:
            end = interchange.header.separators.terminator
            self._hold(end.join(interchange.stray), "there are segments outside of any set", _ASK, where)
        for group in interchange.groups:
            self._group(group, interchange)

    def _group(self, group: FunctionalGroup, interchange: Interchange) -> None:
        where = f"group {group.number or 'without number'} of interchange {interchange.number}"
        codes = [found.code for found in group.sets]
        ids = value(group.header, 2), value(group.header, 3)
        if self._is_foreign(ids, "application_id"):
            self._foreign(standalone(interchange, group, group.sets), where, codes, ids)
            return
        reason, fix = self._reason(group.faults)
        if reason:
            self._hold(standalone(interchange, group, group.sets), reason, fix, where, codes)
            return
        self._result.judged.append(group)
        for found in group.sets:
            admitted = AdmittedSet(found, group, interchange)
            reason, fix = self._reason(found.faults)
            if reason:
                self.hold_set(admitted, reason, fix)
            else:
                self._result.admitted.append(admitted)

    def hold_set(self, admitted: AdmittedSet, reason: str, fix: str) -> None:
        """Keep a set for a person."""
        text = standalone(admitted.interchange, admitted.group, [admitted.found])
        self._hold(text, reason, fix, admitted.where, [admitted.found.code])

    def _hold(self, text: str, reason: str, fix: str, where: str, codes: Sequence[str] = ()) -> None:
        self._result.held_codes.update(codes)
        self._result.quarantined.append(QuarantinedText(reason, fix, where, self._text.encoded(text)))

    def _foreign(self, text: str, where: str, codes: Sequence[str], ids: tuple[str, str]) -> None:
        if self._settings.foreign is ForeignSets.QUARANTINE:
            sender, receiver = (found[:_LONGEST_ID] or "nobody" for found in ids)
            self._hold(
                text, f"it is from {sender} for {receiver}: another partner", _FIX_FOREIGN, where, codes
            )

    def _is_foreign(self, ids: tuple[str, str], name: str) -> bool:
        """Return whether sender or receiver is another one. What a person released is read from any sender."""
        if self._released:
            return False
        sender, receiver = self._settings.partner, self._settings.us
        return any(
            found.casefold() != _id(party, name).casefold()
            for found, party in zip(ids, (sender, receiver), strict=True)
        )

    def _reason(self, faults: Sequence[FaultFound]) -> tuple[str, str]:
        """Return why something cannot be used, and what to do; empty if it can be."""
        counting = [found for found in faults if not self._passes(Lenient(found.fault.value))]
        if not counting:
            return "", ""
        names = ", ".join(found.fault.value for found in counting)
        return "; ".join(found.text for found in counting), _FIX_FAULT.format(fault=names)

    def _passes(self, fault: Lenient) -> bool:
        return self._released or fault in self._settings.lenient


_ASK = "Look at it, and ask the partner what it is. If nothing of it is for this lane, drop it."
_FIX_TEST = "Ask the partner to send production files, or add test to lenient while you try the connection."


def _id(party: PartySettings, name: str) -> str:
    return party.id if name == "id" else party.application_id()


def standalone(interchange: Interchange, group: FunctionalGroup, sets: Sequence[TransactionSet]) -> str:
    """Return sets with the beginning of their envelope, so that the text can be read by itself."""
    separators, header = interchange.header.separators, interchange.header
    return "".join(
        [
            interchange.text[: header.end - header.start].rstrip("\r\n")
            + ("\n" if separators.terminator == "\n" else ""),
            *(f"{piece}{separators.terminator}" for piece in _pieces(group, sets, separators.element)),
        ]
    )


def _pieces(group: FunctionalGroup, sets: Sequence[TransactionSet], element: str) -> Iterator[str]:
    if len(group.header) > 1:
        yield element.join(group.header)
    for found in sets:
        yield from found.pieces


def answerable_groups(admission: Admission) -> list[FunctionalGroup]:
    """Return the groups that a 997 can speak of: those of which the sets were looked at, and whose numbers can be said.

    A 997 is never acknowledged.
    """
    return [
        group
        for group in admission.judged
        if group.sets
        and _is_plain(value(group.header, 1), 2)
        and value(group.header, 1) != "FA"
        and whole(group.number) is not None
        and all(_is_plain(found.code, 3) and _is_plain(found.number, 9) for found in group.sets)
    ]


def _is_plain(text: str, most: int) -> bool:
    return text.isascii() and text.isalnum() and len(text) <= most
