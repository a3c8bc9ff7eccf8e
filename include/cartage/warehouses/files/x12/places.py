"""Places in a set, as settings write them: `W06-02` is an element, `N9*2I` the reference after this qualifier.

`MAN*CP` is the number after the qualifier CP, in MAN-02 or MAN-05.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

from cartage.lanes.kinds import setting_error
from cartage.warehouses.files.x12.syntax.segments import Segment, value

_ELEMENT = re.compile(r"([A-Z][A-Z0-9]{1,2})-(\d{2})")
_QUALIFIED = re.compile(r"(N9|REF|MAN)\*([A-Z0-9]{1,3})")
# Positions of qualifier and number.
_PAIRS = {"N9": ((1, 2),), "REF": ((1, 2),), "MAN": ((1, 2), (4, 5))}


class _ReadPlace(NamedTuple):
    """A segment's name, the qualifier, and pairs of where the qualifier and the value stand."""

    name: str
    qualifier: str
    pairs: tuple[tuple[int, int], ...]


def _place(text: str) -> str:
    if _ELEMENT.fullmatch(text) or _QUALIFIED.fullmatch(text):
        return text
    raise setting_error(
        f"{text!r} is not a place in a set",
        "Write an element such as W06-02, or a qualifier such as N9*2I or MAN*CP.",
    )


Place = Annotated[str, AfterValidator(_place)]


def values_at(segments: Sequence[Segment], places: Iterable[str]) -> Iterator[str]:
    """Yield what stands at these places, in the sequence of the places; nothing for an empty element."""
    for name, qualifier, pairs in map(_read_place, places):
        for segment in segments:
            if segment[0] != name:
                continue
            for at, number in pairs:
                if (not qualifier or value(segment, at) == qualifier) and (found := value(segment, number)):
                    yield found


@cache
def _read_place(place: str) -> _ReadPlace:
    if found := _ELEMENT.fullmatch(place):
        return _ReadPlace(found[1], "", ((0, int(found[2])),))
    name, _, qualifier = place.partition("*")
    return _ReadPlace(name, qualifier, _PAIRS[name])
