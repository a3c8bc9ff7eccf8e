"""Write segments and their envelopes. The same arguments give the same bytes.

Nothing is escaped in X12: data that holds a separator breaks the file. In free text, the separators are replaced by
blanks; in what identifies something, they are a problem that is found before anything is written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cartage.warehouses.files.x12.syntax.limits import Release
from cartage.warehouses.files.x12.syntax.separators import Separators
from cartage.warehouses.files.x12.syntax.text import Charset

LARGEST_CONTROL_NUMBER = 999_999_999
_ISA_VERSIONS = {Release.V4010: "00401", Release.V5010: "00501"}


class Datum(NamedTuple):
    """An element with data of an order. `name` is what people call it, where its place can have several."""

    text: str
    name: str = ""


Element = str | Datum


@dataclass(frozen=True, slots=True)
class OutboundParty:
    """How we or a partner are called in ISA and GS."""

    qualifier: str
    interchange_id: str
    group_id: str


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a file is written. `line_end` follows each terminator.

    With `plain_letters`, a letter with an accent that the charset does not have is written without it.
    """

    sender: OutboundParty
    receiver: OutboundParty
    separators: Separators
    release: Release
    group_version: str
    charset: Charset
    line_end: str
    plain_letters: bool
    usage: str
    zone: ZoneInfo
    # What data must not contain.
    reserved: str = field(init=False)

    def __post_init__(self) -> None:
        """Note the separators that are in use."""
        mine = self.separators
        repetition = mine.repetition if self.release is Release.V5010 else ""
        object.__setattr__(self, "reserved", mine.element + mine.terminator + mine.component + repetition)

    def free(self, text: str) -> str:
        """Return a text for people without separators, line breaks and invisible characters."""
        for separator in self.reserved:
            text = text.replace(separator, " ")
        if not text.isprintable():
            text = "".join(map(_visible, text))
        text = " ".join(text.split())
        if self.plain_letters and self.cannot_write(text):
            text = "".join(map(self._plain, text))
        return text

    def cannot_write(self, text: str) -> str:
        """Return the first character that the charset does not have; empty if it has all of them."""
        try:
            text.encode(self.charset.value)
        except UnicodeEncodeError as error:
            return text[error.start]
        return ""

    def _plain(self, character: str) -> str:
        """Return a letter without its accent, if the charset has it only so."""
        # Taken apart canonically: a fraction or a ligature is no letter with an accent.
        parts = unicodedata.normalize("NFD", character)
        is_letter = parts[:1].isalpha() and all(map(unicodedata.combining, parts[1:]))
        return parts[:1] if is_letter and self.cannot_write(character) else character


def _visible(character: str) -> str:
    """Return a blank for what separates words, and nothing for what nobody sees."""
    return character if character.isprintable() else " " if character.isspace() else ""


def control_number(number: int) -> int:
    """Return the control number of a document: 1 to 999999999, then from the beginning."""
    return (number - 1) % LARGEST_CONTROL_NUMBER + 1


def write_interchange(
    syntax: Syntax,
    functional_id: str,
    sets: Iterable[tuple[str, Sequence[Sequence[Element]]]],
    number: int,
    at: datetime,
) -> bytes:
    """Return a file with one group of these sets, each a code (940) and its segments between ST and SE.

    `number` is the control number of interchange and group; the sets are numbered from 0001.
    """
    control = control_number(number)
    local = at.astimezone(syntax.zone)
    join = syntax.separators.element.join
    lines = [_isa(syntax, control, local)]
    ids = syntax.sender.group_id, syntax.receiver.group_id
    stamp = f"{local:%Y%m%d}", f"{local:%H%M}"
    lines.append(join(("GS", functional_id, *ids, *stamp, str(control), "X", syntax.group_version)))
    count = 0
    for code, segments in sets:
        count += 1
        lines.append(join(("ST", code, f"{count:04d}")))
        for segment in segments:
            values = [element if isinstance(element, str) else element.text for element in segment]
            while not values[-1]:
                values.pop()
            lines.append(join(values))
        lines.append(join(("SE", str(len(segments) + 2), f"{count:04d}")))
    lines.append(join(("GE", str(count), str(control))))
    lines.append(join(("IEA", "1", f"{control:09d}")))
    end = syntax.separators.terminator + syntax.line_end
    return (end.join(lines) + end).encode(syntax.charset.value)


def _isa(syntax: Syntax, control: int, local: datetime) -> str:
    """Return the ISA segment, 106 characters with its terminator."""
    mine = syntax.separators
    eleventh = mine.repetition if syntax.release is Release.V5010 else "U"
    return mine.element.join(
        (
            *("ISA", "00", " " * 10, "00", " " * 10),
            *(f"{syntax.sender.qualifier:2}", f"{syntax.sender.interchange_id:15}"),
            *(f"{syntax.receiver.qualifier:2}", f"{syntax.receiver.interchange_id:15}"),
            *(f"{local:%y%m%d}", f"{local:%H%M}", eleventh, _ISA_VERSIONS[syntax.release]),
            *(f"{control:09d}", "0", syntax.usage, mine.component),
        )
    )
