"""Format tracking numbers as the texts that the store's fields take, and read them back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cartage.model.tracking_numbers import number_identity, split_numbers

TRACKING_LIMIT = 100  # ShipmentTrackingCode is str(100): 3dcart-api.md, section 4.2.
_SEPARATOR = ", "
_BETWEEN = re.compile(r"[,;|\r\n]+")
_APART = re.compile(r"[\s/&+]+")
# Characters that a number must not contain in the store's field: separators, markup, anything that cannot be printed.
_NOT_IN_NUMBERS = re.compile(r"[^!#$%()*+\-./0-9:=?@A-Z\[\]^_a-z{|}~ ]+")


@dataclass(frozen=True, slots=True)
class TrackingText:
    """The field's text, and which packages it names, by position."""

    text: str
    named: tuple[int, ...]


def tracking_text(numbers: Sequence[str], kept: Sequence[str] = ()) -> TrackingText:
    """Join tracking numbers, the first package first, as far as the field reaches; a number is never cut.

    An empty number names no package; a repeated one is written once and names all of its packages. `kept` are texts
    of others in the field: they stay behind ours, and room is left for them.
    """
    behind = _SEPARATOR.join(kept)
    room = TRACKING_LIMIT - (len(behind) + len(_SEPARATOR) if behind else 0)
    text, named, written = "", [], set[str]()
    for position, number in enumerate(map(clean_number, numbers)):
        if not number:
            continue
        if number_identity(number) in written:
            named.append(position)
            continue
        longer = f"{text}{_SEPARATOR}{number}" if text else number
        if len(longer) <= room:
            text = longer
            written.add(number_identity(number))
            named.append(position)
    return TrackingText(_SEPARATOR.join(filter(None, (text, behind))), tuple(named))


def clean_number(number: str) -> str:
    """Return a tracking number in the characters that the store's field takes, with single blanks inside."""
    return " ".join(_NOT_IN_NUMBERS.sub(" ", number).split())


def foreign_texts(field: str, ours: Iterable[str]) -> list[str]:
    """Return what the field holds besides numbers that are or were ours: somebody typed it, and it is kept.

    Our number counts as ours however it is written, but not among words of a person.
    """
    known = {number_identity(clean_number(number)) for number in ours} - {""}
    foreign: dict[str, None] = {}
    for part in filter(None, (part.strip() for part in _BETWEEN.split(field))):
        numbers = split_numbers(part) if _holds_only_numbers(part) else [part]
        others = [number for number in numbers if number_identity(clean_number(number)) not in known]
        foreign |= dict.fromkeys([part] if len(others) == len(numbers) else others)
    return list(foreign)


def names_number(text: str, number: str) -> bool:
    """Return whether a text of several numbers names this one, however it is written."""
    identity = number_identity(clean_number(number))
    parts = [part for part in _BETWEEN.split(text) if part]
    named = {number_identity(name) for part in parts for name in (clean_number(part), *split_numbers(part))}
    return bool(identity) and identity in named


def _holds_only_numbers(part: str) -> bool:
    """Return whether the text is a number, or numbers with nothing else between them."""
    identities = {number_identity(number) for number in split_numbers(part)}
    return number_identity(part) in identities or (
        bool(identities) and {number_identity(piece) for piece in _APART.split(part) if piece} == identities
    )
