"""Format tracking numbers as the texts that the store's fields take, and read them back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TRACKING_LIMIT = 100  # ShipmentTrackingCode is str(100): 3dcart-api.md, section 4.2.
_SEPARATOR = ", "
_BETWEEN = re.compile(r"[,;\r\n]+")
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
    text, named = "", []
    for position, number in enumerate(map(clean_number, numbers)):
        if not number:
            continue
        if number in text.split(_SEPARATOR):
            named.append(position)
            continue
        longer = f"{text}{_SEPARATOR}{number}" if text else number
        if len(longer) <= room:
            text = longer
            named.append(position)
    return TrackingText(_SEPARATOR.join(filter(None, (text, behind))), tuple(named))


def clean_number(number: str) -> str:
    """Return a tracking number in the characters that the store's field takes, with single blanks inside."""
    return " ".join(_NOT_IN_NUMBERS.sub(" ", number).split())


def foreign_texts(field: str, ours: Iterable[str]) -> list[str]:
    """Return what the field holds besides numbers that are or were ours: somebody typed it, and it is kept."""
    known = {_folded(number) for number in ours}
    parts = [part.strip() for part in _BETWEEN.split(field)]
    return [part for part in dict.fromkeys(parts) if part and _folded(part) not in known]


def names_number(text: str, number: str) -> bool:
    """Return whether a text of several numbers names this one."""
    return bool(number) and _folded(number) in {_folded(part) for part in _BETWEEN.split(text)}


def _folded(number: str) -> str:
    return "".join(clean_number(number).split()).casefold()
